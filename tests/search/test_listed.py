"""Given proposals, and strategies in turn."""

from dace_transfer.search import Guide, InTurn, Listed, Outcome, Proposal, portfolio_proposals
from dace_transfer.search.portfolio import BASELINE
from dace_transfer.transformations import load_library, parse_recipe
from dace_transfer.verdict import Verdict

SIZES = (2, 4, 8, 16, 32, 64)


def tile(size, more=""):
    return parse_recipe(f"recipe tile{size}\ntile maps sizes={size}\n{more}")


def proposals(sizes=SIZES):
    return [Proposal(tile(size), "portfolio") for size in sizes]


def names(found):
    return [proposal.recipe.name for proposal in found]


def test_a_list_is_handed_out_in_order_and_once():
    listed = Listed(proposals())
    listed.tell([Outcome(tile(4), Verdict.FAILED)])
    assert names(listed.ask(3)) == ["tile2", "tile8", "tile16"]
    assert names(listed.ask(9)) == ["tile32", "tile64"]
    assert listed.ask(1) == []


def test_a_guide_that_knows_enough_reorders_what_is_left():
    listed = Listed(proposals(), Guide(None))
    assert names(listed.ask(1)) == ["tile2"], "nothing is known yet"
    more = ("vector_math maps\n", "collapse maps\n", "expand maps\n", "fission maps\n", "drop_views\n")
    listed.tell([Outcome(tile(s, m), Verdict.FASTER, 8.0 / abs(s - 15.5)) for s in SIZES for m in more])
    assert names(listed.ask(2))[0] == "tile16"


def test_strategies_take_turns_and_repeat_nothing():
    both = InTurn([Listed(proposals((2, 4))), Listed(proposals((4, 8, 16, 32)))])
    assert names(both.ask(3)) == ["tile2", "tile4", "tile8"]
    both.tell([Outcome(tile(16), Verdict.SAME)])
    assert names(both.ask(3)) == ["tile32"]
    assert both.ask(3) == []


def test_the_portfolio_is_the_library_without_the_baseline():
    found = names(portfolio_proposals(load_library()))
    assert sorted([*found, BASELINE]) == sorted(load_library())
