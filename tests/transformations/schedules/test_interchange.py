"""Sums in rows: which loop goes inside, how results are counted, and that they are the same."""

import textwrap

import dace
import pytest

from dace_transfer.transformations.schedules import interchange_reductions

ROWS = "for i in parallel(0, N):\n    for j in parallel(0, M):\n        y[i, j] = sum({} for k in range(0, K))"
SHAPES = {"y": ("N", "M"), "A": ("N", "K"), "B": ("K", "M"), "C": ("M", "K"), "w": ("M",), "T": ("N", "M", "K")}
SIZES = {"N": 3, "M": 7, "K": 4}


def test_rows_of_results_are_added_up_together(read, same) -> None:
    before = read(ROWS.format("A[i, k] * B[k, j] * w[j]"), SHAPES)
    after = interchange_reductions(before, 4)
    tiles, rest = str(after).split("    parallel for lane_2 in")
    assert tiles == textwrap.dedent(
        """\
        parallel for i in range(0, N):
            parallel for t in range(0, ((int_floor(Max(0, M), 4)))):
                parallel for lane in range(0, 4):
                    total[lane] = 0
                for k_0 in range(0, K):
                    parallel for lane_0 in range(0, 4):
                        total[lane_0] = (total[lane_0] + ((A[i, k_0] * B[k_0, lane_0 + 4*t]) * w[lane_0 + 4*t]))
                parallel for lane_1 in range(0, 4):
                    y[i, lane_1 + 4*t] = total[lane_1]
        """
    )
    assert rest.count("range(0, -4*((int_floor(Max(0, M), 4))) + M)") == 3
    same(before, after, SIZES)


@pytest.mark.parametrize("columns", [1, 7, 9])
@pytest.mark.parametrize("width", [0, 1, 7])
def test_any_number_of_results_is_right(read, same, columns, width) -> None:
    before = read(ROWS.format("A[i, k] * B[k, j] * w[j]"), SHAPES)
    same(before, interchange_reductions(before, columns), {**SIZES, "M": width})


def test_loops_need_not_begin_at_0_nor_have_iterations(read, same) -> None:
    text = """
for i in parallel(0, N):
    for j in parallel(2, M - 1):
        y[i, j] = prod(A[i, k] + B[k, j - 2] for k in range(1, K))
"""
    before = read(text, SHAPES)
    after = interchange_reductions(before, 4)
    assert after is not before
    for width in (1, 2, 3, 8):
        same(before, after, {**SIZES, "M": width})


def test_the_loop_that_goes_inside_is_the_one_along_memory(read, same) -> None:
    text = """
for j in parallel(0, M):
    for i in parallel(0, N):
        y[i, j] = sum(A[i, k] * B[k, j] * B[0, j] for k in range(0, K))
"""
    before = read(text, SHAPES)
    after = interchange_reductions(before, 4)
    assert str(after).startswith("parallel for i in range(0, N):\n    parallel for t in")
    same(before, after, SIZES)


def test_sums_have_the_type_of_what_is_added(read) -> None:
    single = {name: (shape, dace.float32) for name, shape in SHAPES.items()}
    after = interchange_reductions(read(ROWS.format("A[i, k] * B[k, j] * w[j]"), single), 4)
    assert {after.containers[name].dtype for name in ("total", "total_0")} == {dace.float32}


def test_products_of_matrices_are_for_libraries_unless_asked_for(read, same) -> None:
    before = read(ROWS.format("A[i, k] * B[k, j]"), SHAPES)
    assert interchange_reductions(before, 4) is before
    after = interchange_reductions(before, 4, products=True)
    assert after is not before
    same(before, after, SIZES)


def test_a_loop_alone_needs_a_parallel_one_around_it(read, same) -> None:
    text = "for j in parallel(0, M):\n    w[j] = sum(B[k, j] * B[0, j] for k in range(0, K))"
    alone = read(text, SHAPES)
    assert interchange_reductions(alone, 4) is alone
    inside = textwrap.indent(text.replace("w[j]", "y[i, j]").replace("B[0, j]", "A[i, k]"), "    ")
    before = read(f"for i in parallel(0, N):\n    A[i, 0] = 2\n{inside}", SHAPES)
    after = interchange_reductions(before, 4, products=True)
    assert after is not before
    same(before, after, SIZES)


@pytest.mark.parametrize(
    "value",
    [
        "T[i, j, k]",
        "T[i, j, k] * B[k, j]",
        "A[i, k] * C[j, k]",
        "A[i, k] * A[i, 0]",
        "A[i, k] * B[k, 2 * j] * w[0]",
    ],
)
def test_results_whose_terms_are_not_together_stay(read, value) -> None:
    before = read(ROWS.format(value), SHAPES)
    assert interchange_reductions(before, 4, products=True) is before


@pytest.mark.parametrize(
    "text",
    [
        ROWS.format("A[i, k] * B[k, j]").replace("(0, K)", "(0, j)"),
        ROWS.format("y[i, k] * B[k, j]").replace("j in parallel", "j in range"),
        ROWS.format("A[i, k] * B[k, j]").replace("sum", "max"),
    ],
)
def test_other_loops_stay(read, text) -> None:
    before = read(text, SHAPES)
    assert interchange_reductions(before, 4, products=True) is before
