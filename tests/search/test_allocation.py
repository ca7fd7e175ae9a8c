"""Seconds go where they are expected to save most of the whole program's time."""

import pytest

from dace_transfer.search import Piece, next_piece, shares

HOT, WARM, COLD = Piece("hot", 6.0), Piece("warm", 3.0), Piece("cold", 0.05)


def test_time_decides_and_negligible_pieces_get_nothing():
    assert shares([COLD, WARM, HOT], 90.0) == pytest.approx({"cold": 0.0, "warm": 30.0, "hot": 60.0})
    assert shares([HOT], 90.0, rest=1000.0) == {"hot": 0.0}
    assert shares([], 90.0) == {}


def test_every_piece_worth_it_gets_the_least_or_nothing():
    small = Piece("small", 0.5)
    assert shares([HOT, WARM, small], 95.0, least=15.0) == pytest.approx(
        {"hot": 80 * 6 / 9, "warm": 80 * 3 / 9, "small": 15.0}
    )
    assert shares([HOT, WARM, small], 35.0, least=15.0) == pytest.approx({"hot": 20.0, "warm": 15.0, "small": 0.0})
    assert shares([HOT, WARM], 10.0, least=15.0) == pytest.approx({"hot": 10.0, "warm": 0.0})


@pytest.mark.parametrize("budget", [1.0, 33.0, 61.0, 600.0])
@pytest.mark.parametrize("count", [1, 2, 5, 30])
def test_shares_add_up_and_keep_to_the_least(budget, count):
    pieces = [Piece(str(index), 1.7**-index) for index in range(count)]
    given = shares(pieces, budget, least=12.0)
    assert sum(given.values()) == pytest.approx(budget)
    assert all(seconds == 0.0 or seconds >= min(12.0, budget) - 1e-9 for seconds in given.values())
    assert list(given.values()) == sorted(given.values(), reverse=True)


def test_a_piece_that_became_fast_yields_to_the_others():
    assert next_piece([HOT, WARM]) == HOT
    assert next_piece([HOT.after(10.0, 1.0), WARM]) == WARM
    assert next_piece([HOT.after(10.0, 0.01), WARM, Piece("rest", 2.0)], 0.0) == WARM
    assert next_piece([HOT.after(10.0, 0.01)], rest=5.0) is None


def test_a_piece_that_was_searched_in_vain_yields_to_the_others_for_a_while():
    stuck = HOT.after(100.0, 6.5)
    assert stuck.time == 6.0 and next_piece([stuck, WARM]) == WARM
    assert next_piece([stuck, WARM.after(100.0, 3.0)]) == stuck
    assert next_piece([stuck.after(1.0, 5.9), WARM]).name == "hot"


def test_nothing_found_anywhere_shares_time_as_times_are():
    pieces = {piece.name: piece for piece in (HOT, WARM, COLD)}
    spent = dict.fromkeys(pieces, 0.0)
    for _ in range(900):
        piece = next_piece(list(pieces.values()))
        pieces[piece.name] = piece.after(10.0, piece.time)
        spent[piece.name] += 10.0
    assert spent["hot"] / spent["warm"] == pytest.approx(2.0, rel=0.05) and spent["cold"] == 0.0
