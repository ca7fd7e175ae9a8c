"""Common outermost loops: which nests get one, what they hand on, and that they compute the same."""

import textwrap

import pytest

from dace_transfer.transformations.schedules import fuse_outer

SWEEP = """
for i in parallel(0, N):
    for j in parallel(0, M):
        t[i, j] = 2 * x[i, j, 0]
for k in range(1, K):
    for a in parallel(0, N):
        for b in parallel(0, M):
            u[a, b] = x[a, b, k] + t[a, b]
    for c in parallel(0, N):
        for d in parallel(0, M):
            y[c, d, k] = y[c, d, k - 1] * u[c, d]
for e in parallel(0, N):
    for f in parallel(0, M):
        t[e, f] = y[e, f, K - 1]
for g in parallel(0, N):
    for h in parallel(0, M):
        z[g, h] = t[g, h]
"""
CUBE = ("N", "M", "K")
ARGUMENTS = {"x": CUBE, "y": CUBE, "z": ("N", "M")}
LOCAL = {"t": ("N", "M"), "u": ("N", "M")}
SIZES = {"N": 4, "M": 4, "K": 5}


def lines(text: str) -> str:
    return textwrap.dedent(text).strip()


def test_loops_are_put_around_sequential_ones_and_transients_shrink(read, same) -> None:
    before = read(SWEEP, ARGUMENTS, LOCAL)
    after = fuse_outer(before)
    same(before, after, SIZES)
    assert str(after) == lines(
        """
        parallel for o in range(0, N):
            parallel for j in range(0, M):
                t[j] = (2 * x[o, j, 0])
            for k in range(1, K):
                parallel for b in range(0, M):
                    u[b] = (x[o, b, k] + t[b])
                parallel for d in range(0, M):
                    y[o, d, k] = (y[o, d, k - 1] * u[d])
            parallel for f in range(0, M):
                t[f] = y[o, f, K - 1]
            parallel for h in range(0, M):
                z[o, h] = t[h]
        """
    )
    assert [str(size) for size in after.containers["t"].shape] == ["M"]


def test_two_loops_leave_scalars(read, same) -> None:
    before = read(SWEEP, ARGUMENTS, LOCAL)
    after = fuse_outer(before, depth=2)
    same(before, after, SIZES)
    assert str(after).splitlines()[:3] == [
        "parallel for o in range(0, N):",
        f"    parallel for {str(after).split('parallel for ')[2].split(' in ')[0]} in range(0, M):",
        f"        t = (2 * x[o, {str(after).split('parallel for ')[2].split(' in ')[0]}, 0])",
    ]
    assert after.containers["t"].shape == (1,)
    assert str(after).count("parallel") == 2


def test_columns_and_rows_are_told_apart_where_both_have_one_size(read, same) -> None:
    text = """
for j in range(1, N):
    for i in parallel(0, N):
        y[i, j] = y[i, j - 1] + x[i, j]
for a in parallel(0, N):
    for b in parallel(0, N):
        z[a, b] = y[b, a]
"""
    before = read(text, {"x": ("N", "N"), "y": ("N", "N"), "z": ("N", "N")})
    after = fuse_outer(before)
    same(before, after, {"N": 5})
    assert str(after) == lines(
        """
        parallel for o in range(0, N):
            for j in range(1, N):
                y[o, j] = (y[o, j - 1] + x[o, j])
            parallel for a in range(0, N):
                z[a, o] = y[o, a]
        """
    )


def test_what_iterations_take_from_one_another_keeps_nests_apart(read, same) -> None:
    text = """
for i in parallel(0, N):
    t[i] = x[i]
for j in parallel(0, N):
    u[j] = t[j] + 1
for a in parallel(0, N):
    y[a] = u[a] + t[N - 1 - a]
for b in parallel(0, N):
    z[b] = y[b] + u[b]
"""
    before = read(text, {"x": ("N",), "y": ("N",), "z": ("N",)}, {"t": ("N",), "u": ("N",)})
    after = fuse_outer(before)
    same(before, after, {"N": 7})
    assert str(after).count("parallel") == 2
    assert len(after.containers["t"].shape) == len(after.containers["u"].shape) == 1


@pytest.mark.parametrize(
    "text",
    [
        "for i in parallel(0, N):\n    y[i] = x[i]",
        "for i in range(1, N):\n    y[i] = y[i - 1]",
        "for i in parallel(0, N):\n    y[i] = x[i]\nfor i2 in parallel(1, N):\n    z[i2] = x[i2]",
        "for i in parallel(0, N):\n    y[i] = x[i]\nfor i2 in parallel(0, N):\n    z[i2] = y[N - 1 - i2]",
    ],
)
def test_where_nothing_can_be_moved_nothing_changes(read, text: str) -> None:
    before = read(text, {"x": ("N",), "y": ("N",), "z": ("N",)})
    assert fuse_outer(before) is before


def test_loops_inside_of_sequential_ones_are_fused_there(read, same) -> None:
    text = """
for s in range(0, S):
    for i in parallel(0, N):
        t[i] = x[i] + s
    for j in parallel(0, N):
        x[j] = t[j] * t[j]
    for k in parallel(1, N):
        y[k] = x[k - 1]
    for l in parallel(1, N):
        x[l] = y[l]
"""
    before = read(text, {"x": ("N",), "y": ("N",)}, {"t": ("N",)})
    after = fuse_outer(before)
    same(before, after, {"N": 5, "S": 3})
    assert str(after).count("parallel") == 3
    assert after.containers["t"].dtype == before.containers["t"].dtype
    assert after.containers["t"].shape == (1,)
