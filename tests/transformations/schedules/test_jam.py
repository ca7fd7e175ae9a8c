"""Iterations side by side: which loops, what is expanded, and that they compute the same."""

import textwrap

import pytest

from dace_transfer.transformations.schedules import fuse_outer

FILTER = """
for k in range(1, K):
    for i in parallel(0, N):
        t[i] = x[i, k] * x[i, k]
    for j in parallel(0, N):
        y[j, k] = y[j, k - 1] + t[j]
"""
ARGUMENTS = {"x": ("N", "K"), "y": ("N", "K")}
LOCAL = {"t": ("N",)}


def lines(text: str) -> str:
    return textwrap.dedent(text).strip()


def test_lanes_come_inside_of_sequential_loops_and_what_is_left_follows(read, same) -> None:
    before = read(FILTER, ARGUMENTS, LOCAL)
    after = fuse_outer(before, lanes=4)
    for rows in (3, 4, 9):
        same(before, after, {"N": rows, "K": 5})
    assert str(after) == lines(
        """
        parallel for t_0 in range(0, ((int_floor(Max(0, N), 4)))):
            for k in range(1, K):
                parallel for lane in range(0, 4):
                    t_1[lane] = (x[lane + 4*t_0, k] * x[lane + 4*t_0, k])
                parallel for lane_0 in range(0, 4):
                    y[lane_0 + 4*t_0, k] = (y[lane_0 + 4*t_0, k - 1] + t_1[lane_0])
        parallel for o_0 in range(4*((int_floor(Max(0, N), 4))), N):
            for k_0 in range(1, K):
                t = (x[o_0, k_0] * x[o_0, k_0])
                y[o_0, k_0] = (y[o_0, k_0 - 1] + t)
        """
    )
    assert [str(size) for size in after.containers["t_1"].shape] == ["4"]


def test_columns_that_are_kept_get_a_lane_of_their_own(read, same) -> None:
    text = """
for k in range(1, K):
    for i in parallel(0, N):
        t[i, k] = x[i, k] * x[i, k - 1]
for k2 in range(0, K - 1):
    for j in parallel(0, N):
        y[j, k2] = t[j, K - 1 - k2] + y[j, k2 + 1]
"""
    before = read(text, ARGUMENTS, {"t": ("N", "K")})
    after = fuse_outer(before, lanes=2)
    same(before, after, {"N": 5, "K": 6})
    (wide,) = [one for name, one in after.containers.items() if name not in before.containers]
    assert [str(size) for size in wide.shape] == ["K", "2"]


def test_the_innermost_of_common_loops_fills_the_lanes(read, same) -> None:
    text = """
for k in range(1, K):
    for i in parallel(1, N):
        for j in parallel(0, N):
            y[k, i, j] = y[k - 1, i, j] * x[i, j]
"""
    before = read(text, {"x": ("N", "N"), "y": ("K", "N", "N")})
    after = fuse_outer(before, depth=2, lanes=4)
    for size in (4, 6):
        same(before, after, {"N": size, "K": 3})
    assert "y[k, o, lane + 4*t]" in str(after)


def test_loops_in_a_loop_over_time_and_of_constant_length(read, same) -> None:
    text = """
for s in range(0, S):
    for k in range(1, K):
        for i in parallel(2, 8):
            y[i, k] = y[i, k - 1] + x[i, k]
    for k2 in range(1, K):
        for j in parallel(2, 8):
            x[j, k2] = y[j, k2] - x[j, k2 - 1]
"""
    before = read(text, ARGUMENTS)
    after = fuse_outer(before, lanes=3)
    same(before, after, {"N": 9, "K": 4, "S": 2})
    assert str(after).count("parallel for t") == 1 and "parallel for o" not in str(after), "nothing is left over"
    assert fuse_outer(before, lanes=8) is before, "there are not enough iterations"


NOT_SEQUENTIAL = """
for i in parallel(0, N):
    t[i] = x[i, 0]
for j in parallel(0, N):
    y[j, 0] = t[j]
"""
TWO_PARALLEL = """
for k in range(1, K):
    for i in parallel(0, N):
        for j in parallel(0, K):
            y[i, j] = y[i, j] + x[i, k]
"""
TRIANGLE = """
for i in parallel(0, N):
    for k in range(1, i):
        y[i, k] = y[i, k - 1] + x[i, k]
for j in parallel(0, N):
    z[j] = y[j, 0]
"""
DIAGONAL = """
for i in parallel(0, N):
    for j in parallel(0, K):
        d[i, i + j] = x[i, j]
for k in range(1, K):
    for m in parallel(0, N):
        y[m, k] = y[m, k - 1] + d[m, m + k]
"""


@pytest.mark.parametrize("text", [NOT_SEQUENTIAL, TWO_PARALLEL, TRIANGLE, DIAGONAL])
def test_what_cannot_run_side_by_side_stays_as_it_is(read, text: str) -> None:
    """No sequential loop; others fill vectors; bounds depend on the iteration; a transient that has no lane."""
    before = read(text, {**ARGUMENTS, "z": ("N",)}, {**LOCAL, "d": ("N", "N + K")})
    assert fuse_outer(before, lanes=4) is before
