"""What a statement reads is there until another iteration overwrites it."""

import itertools

import pytest

from dace_transfer.transformations.normalization.dependence import positive_sizes
from dace_transfer.transformations.normalization.overwriting import is_overwritten
from dace_transfer.transformations.normalization.siblings import Siblings


@pytest.mark.parametrize("upper", ["N", "i + 1", "i"])
@pytest.mark.parametrize("written", list(itertools.product(("i", "j", "i + 1", "N - j - 1"), repeat=2)))
def test_elements_are_compared_across_all_iterations(read, written, upper):
    target = f"C[{', '.join(written)}]"
    computation = read(
        f"for i in range(0, N):\n    for j in range(0, {upper}):\n        {target} = C[i, j]", {"C": ("N", "N")}
    )
    siblings = Siblings(computation.body, (), positive_sizes(computation))
    (place,) = siblings.reads("C", -1)
    assert is_overwritten(siblings, -1, place) == any(_is_overwritten(written, upper, size) for size in range(1, 6))


def _is_overwritten(written, upper, size):
    def at(i, j):
        return tuple(eval(part, {"i": i, "j": j, "N": size}) for part in written)

    points = [(i, j) for i in range(size) for j in range(eval(upper, {"i": i, "N": size}))]
    return any(one == at(*other) for one in points for other in points if one != other)
