"""Scalars leave sums through the temporaries that carry them."""

from dace_transfer.transformations.normalization.scaling import move_scales

SHAPES = {"A": ("N", "N"), "B": ("N", "N"), "C": ("N", "N"), "a": ()}


def _chain(factor: str, reader: str) -> str:
    first = f"for i in range(0, N):\n    for k in range(0, N):\n        t[i, k] = {factor} * A[i, k]\n"
    return f"{first}for i2 in range(0, N):\n    for j in range(0, N):\n        C[i2, j] = {reader}"


def test_a_scale_goes_where_its_temporary_is_summed(read, same):
    before = read(_chain("a", "sum(t[i2, l] * B[l, j] for l in range(0, N))"), SHAPES, {"t": ("N", "N")})
    after = move_scales(before)
    assert "t[i, k] = A[i, k]" in str(after) and "sum(((a * t[i2, l]) * B[l, j])" in str(after)
    assert str(move_scales(after)) == str(after)
    same(before, after, {"N": 4})


def test_it_stays_where_the_temporary_is_read_otherwise_or_the_scalar_changes(read):
    for text in (
        _chain("a", "sum(t[i2, l] * B[l, j] for l in range(0, N)) + t[i2, j]"),
        _chain("a", "sum((t[i2, l] + 1.0) * B[l, j] for l in range(0, N))"),
        _chain("a", "sum(t[i2, l] * B[l, j] for l in range(0, N))") + "\na = 2.0",
        _chain("B[i, k]", "sum(t[i2, l] * B[l, j] for l in range(0, N))"),
    ):
        before = read(text, SHAPES, {"t": ("N", "N")})
        assert move_scales(before) is before
