"""Types of terms follow NumPy's promotion, with weak literals and loop variables."""

import dace
import pytest

from dace_transfer.transformations.normalization.tree import statements
from dace_transfer.transformations.normalization.types import type_of

CONTAINERS = {
    "f": (("N",), dace.float32),
    "d": (("N",), dace.float64),
    "i": (("N",), dace.int32),
    "j": (("N",), dace.int64),
    "c": (("N",), dace.complex64),
    "b": (("N",), dace.bool_),
    "out": ("N",),
}


@pytest.mark.parametrize(
    "text, expected",
    [
        ("0.5 * f[k]", dace.float32),
        ("f[k] * k + 2", dace.float32),
        ("k", dace.int64),
        ("k / N", dace.float64),
        ("2 * 0.5", dace.float64),
        ("f[k] * d[k]", dace.float64),
        ("i[k] * f[k]", dace.float64),
        ("i[k] + 1", dace.int32),
        ("i[k] / 2", dace.float64),
        ("i[k] // 2", dace.int32),
        ("i[k] * j[k]", dace.int64),
        ("f[k] * 1j", dace.complex64),
        ("c[k] * d[k]", dace.complex128),
        ("abs(c[k])", dace.float32),
        ("abs(i[k])", dace.int32),
        ("exp(i[k])", dace.float64),
        ("math.exp(f[k])", dace.float32),
        ("exp(2)", dace.float64),
        ("dace.float32(d[k]) * f[k]", dace.float32),
        ("int(d[k])", dace.int64),
        ("f[k] < d[k]", dace.bool_),
        ("not (b[k] and f[k] < 1)", dace.bool_),
        ("f[k] if d[k] < 1 else 0.0", dace.float32),
        ("True if d[k] < 1 else b[k]", dace.bool_),
        ("min(f[k], 1)", dace.float32),
        ("sum(f[k] * f[m] for m in range(0, N))", dace.float32),
        ("sum(b[m] for m in range(0, N))", dace.int64),
    ],
)
def test_types(read, text, expected):
    computation = read(f"for k in range(0, N):\n    out[k] = {text}", CONTAINERS)
    ((_, statement),) = statements(computation.body)
    assert type_of(statement.value, computation.containers) == expected
