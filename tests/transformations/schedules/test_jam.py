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


@pytest.mark.parametrize("text", [NOT_SEQUENTIAL, TWO_PARALLEL])
def test_without_a_sequential_loop_or_with_other_parallel_ones_nothing_changes(read, text: str) -> None:
    before = read(text, ARGUMENTS, LOCAL)
    assert fuse_outer(before, lanes=4) is before
