from __future__ import annotations

from dace_transfer.verify.sizes import reduced_sizes


def test_sizes_are_smaller_and_all_symbols_have_one() -> None:
    for sizes in reduced_sizes({"N": 1000, "M": 1200, "K": 3}):
        assert sizes["K"] == 3
        assert 0 < sizes["N"] <= sizes["M"] < 200


def test_some_assignment_keeps_differences_and_some_gives_each_its_own() -> None:
    proposals = reduced_sizes({"N": 1000, "M": 1001})
    assert any(sizes["M"] - sizes["N"] == 1 for sizes in proposals)
    equal = reduced_sizes({"N": 1000, "M": 1000})
    assert any(sizes["M"] != sizes["N"] for sizes in equal)
    assert any(sizes["M"] == sizes["N"] for sizes in equal)


def test_no_usual_tile_size_divides_the_first_ones() -> None:
    for sizes in reduced_sizes({"N": 1024})[:3]:
        assert all(sizes["N"] % tile for tile in (2, 4, 8, 16, 32, 64))


def test_nothing_is_proposed_where_nothing_can_shrink() -> None:
    assert reduced_sizes({}) == []
    assert reduced_sizes({"K": 3}) == []
