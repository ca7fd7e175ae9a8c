"""Maximal fission, parallel loops, sequential loops outside, reductions by distribution."""

import pytest

from dace_transfer.transformations.normalization.distribute import distribute

SHAPES = {
    "A": ("N", "N"),
    "B": ("N", "N"),
    "C": ("N", "N"),
    "x": ("N",),
    "y": ("N",),
    "z": ("N",),
    "s": (),
}


@pytest.fixture
def distributed(read, same):
    """The text of a distributed computation, which was checked to compute the same at three sizes."""

    def run(text: str, transients: dict | None = None) -> str:
        before = read(text, {k: v for k, v in SHAPES.items() if k not in (transients or {})}, transients or {})
        after = distribute(before)
        for size in (1, 2, 5):
            same(before, after, {"N": size})
        assert str(distribute(after)) == str(after)
        return str(after)

    return run


def test_independent_statements_get_loops_of_their_own(distributed):
    assert distributed("for i in range(0, N):\n    x[i] = 1.0\n    y[i] = x[i] + z[i]") == (
        "parallel for i in range(0, N):\n    x[i] = 1.0\n"
        "parallel for i_0 in range(0, N):\n    y[i_0] = (x[i_0] + z[i_0])"
    )


def test_a_recurrence_of_two_statements_stays_together(distributed):
    text = "for i in range(1, N):\n    x[i] = y[i - 1]\n    y[i] = x[i] + z[i]\n    A[i, 0] = y[i]"
    assert distributed(text) == (
        "for i in range(1, N):\n    x[i] = y[i - 1]\n    y[i] = (x[i] + z[i])\n"
        "parallel for i_0 in range(1, N):\n    A[i_0, 0] = y[i_0]"
    )


def test_what_a_later_iteration_reads_comes_first(distributed):
    assert distributed("for i in range(0, N - 1):\n    x[i] = y[i + 1]\n    y[i] = z[i]") == (
        "parallel for i in range(0, N - 1):\n    x[i] = y[i + 1]\n"
        "parallel for i_0 in range(0, N - 1):\n    y[i_0] = z[i_0]"
    )


def test_sequential_loops_go_outside_of_parallel_ones(distributed):
    assert distributed("for i in range(0, N):\n    for j in range(1, N):\n        A[i, j] = A[i, j - 1] + B[i, j]") == (
        "for j in range(1, N):\n    parallel for i in range(0, N):\n        A[i, j] = (A[i, j - 1] + B[i, j])"
    )


def test_loops_that_fold_become_reductions_wherever_they_are(distributed):
    text = "for k in range(0, N):\n    for i in range(0, N):\n        for j in range(0, i):\n            {}"
    assert distributed(text.format("C[i, j] = C[i, j] + A[i, k] * B[k, j]")) == (
        "parallel for i in range(0, N):\n    parallel for j in range(0, i):\n"
        "        C[i, j] = (C[i, j] + sum((A[i, k] * B[k, j]) for k in range(0, N)))"
    )


def test_triangular_symmetric_updates_are_parallel(distributed):
    text = """
for i in range(0, N - 1):
    A[i, i] = 1.0
    for j in range(i + 1, N):
        A[i, j] = sum(B[k, i] * B[k, j] for k in range(0, N))
        A[j, i] = A[i, j]
"""
    assert distributed(text).count("parallel for") == 5


def test_a_time_loop_keeps_its_parallel_steps(distributed):
    text = """
for t in range(0, N):
    for i in range(1, N - 1):
        x[i] = y[i - 1] + y[i + 1]
    for i2 in range(1, N - 1):
        y[i2] = x[i2 - 1] + x[i2 + 1]
"""
    assert distributed(text).splitlines()[0] == "for t in range(0, N):"
    assert distributed(text).count("    parallel for") == 2


def test_iterations_of_a_map_keep_what_is_their_own(distributed):
    text = "for i in parallel(0, N):\n    t = x[i]\n    y[i] = t * t"
    assert distributed(text, {"t": ()}) == "parallel for i in range(0, N):\n    t = x[i]\n    y[i] = (t * t)"
