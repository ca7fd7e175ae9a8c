from __future__ import annotations

from collections.abc import Callable

import dace
import numpy as np
import pytest

from dace_transfer.verify.precision import bounds, reference

Raw = Callable[..., dace.SDFG]
N = dace.symbol("N")


@dace.program
def total(A: dace.float32[N, N], out: dace.float32[N]):
    out[:] = np.sum(A * A, axis=1)


def test_a_reference_is_double_throughout_and_leaves_the_original_alone() -> None:
    sdfg = total.to_sdfg(simplify=True)
    wide = reference(sdfg)
    assert wide is not None
    kinds = {descriptor.dtype for inner in wide.all_sdfgs_recursive() for descriptor in inner.arrays.values()}
    assert kinds == {dace.float64}
    assert sdfg.arrays["A"].dtype == dace.float32


def test_there_is_no_reference_for_what_is_double_already(raw: Raw) -> None:
    assert reference(raw()) is None
    assert reference(raw(dtype=dace.int32)) is None


def test_tolerance_grows_with_the_length_of_the_reduction_up_to_a_cap() -> None:
    sdfg = total.to_sdfg(simplify=True)
    short, long, longest = (bounds(sdfg, {"N": size}) for size in (4, 400, 10**9))
    assert short.tolerance < long.tolerance < longest.tolerance
    assert long.tolerance == pytest.approx(10 * short.tolerance)
    assert longest.tolerance == longest.cap


def test_tolerance_follows_the_type(raw: Raw) -> None:
    single, double = (bounds(raw(dtype=dtype), {"N": 9}).tolerance for dtype in (dace.float32, dace.float64))
    assert single / double == pytest.approx(2.0**29)
    assert bounds(raw(dtype=dace.int64), {"N": 9}).tolerance == 0.0
