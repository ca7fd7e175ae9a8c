"""Results are never overwritten while somebody holds them, and their memory is used again when nobody does."""

from __future__ import annotations

import numpy as np
import pytest

from dace_transfer.program.results import Result, contiguous

DOUBLE = np.dtype(np.float64)


def result(*shape: int, gap: int = 0) -> Result:
    strides = contiguous((*shape[:-1], shape[-1] + gap), DOUBLE)
    return Result(shape, DOUBLE, strides, strides[0] // 8 * shape[0])


def address(array: np.ndarray) -> int:
    return array.__array_interface__["data"][0]


def test_memory_that_nobody_holds_is_used_again() -> None:
    large = result(512, 1024)
    first = large.make()
    assert first.shape == (512, 1024) and first.base is None
    place = address(first)
    del first
    assert address(large.make()) == place
    places = {place}
    held = large.make()
    for _ in range(10):
        held = large.make()  # The one before is held until this one is there.
        places.add(address(held))
    assert len(places) == 2


def test_an_array_that_was_changed_is_not_used_again() -> None:
    large = result(512, 1024)
    large.make().shape = (1024, 512)
    large.make().flags.writeable = False
    assert large.make().shape == (512, 1024) and large.make().flags.writeable


def test_what_somebody_holds_is_never_handed_out() -> None:
    large = result(512, 1024)
    held = [large.make() for _ in range(5)]
    assert len({address(array) for array in held}) == 5
    column = held.pop().T[5]
    view = memoryview(held.pop()[::2, 3:4])
    held.clear()
    later = [large.make() for _ in range(3)]
    assert not any(np.shares_memory(array, other) for array in later for other in (column, np.asarray(view)))


@pytest.mark.parametrize(("rows", "gap"), [(4, 0), (40_000, 0), (512, 3)])
def test_small_and_huge_results_and_those_with_gaps_are_not_kept(rows: int, gap: int) -> None:
    some = result(rows, 1024, gap=gap)
    made = some.make()
    assert not some._kept and made.strides == some.strides
