"""Statements under parallel loops become maps; what is folded deep inside is accumulated in registers."""

import dace
import pytest

from dace_transfer.transformations.normalization.lowering import lower
from dace_transfer.transformations.normalization.raising import raise_sdfg

NI = "for i in parallel(0, N):\n"

CASES = {
    "elementwise": (
        "map(tasklet) | map(tasklet)",
        "for i in parallel(1, N - 1):\n for k in parallel(0, K):\n"
        "  e[i, k] = 2 * A[i - 1, k] + A[i + 1, k] - A[i, k] / 3\n"
        "for i in parallel(1, N - 1):\n for k in parallel(0, K):\n  A[i, k] = e[i, k]",
    ),
    "functions": (
        "map(tasklet)",
        NI + " y[i] = (max(y[i], z[i], 0.9) if y[i] < 1 and not z[i] > 1.2 else min(-y[i], abs(z[i]))) ** 2"
        " + exp(z[i]) + sqrt(y[i] * a)",
    ),
    "indices": ("map(tasklet)", NI + " for k in parallel(0, i + 1):\n  H[i, k] = i * 10 + 2 * k + N"),
    "strides": ("map(tasklet)", "for i in parallel(0, int_floor(N, 2)):\n y[2 * i + 1] = z[N - 1 - 2 * i] + z[2 * i]"),
    "skewed": ("map(tasklet)", NI + " for j in parallel(i, N):\n  H[i, j] = H[i, j] + z[j - i] * y[N - 1 - j + i]"),
    "integers": (
        "map(tasklet seq(tasklet) tasklet seq(tasklet) tasklet)",
        NI + " n[i] = max(m[k] * 2 for k in range(0, K)) + min(-m[k] for k in range(0, K))",
    ),
    "bounds_that_depend": (
        "map(tasklet seq(tasklet) tasklet)",
        NI + " y[i] = sum(H[k, l] * z[l] for k in range(0, i) for l in range(k, N))",
    ),
    "several_folds": (
        None,
        NI + " y[i] = 1.0 + sum(x[k] for k in range(0, K))"
        " * max(A[i, k] + sum(B[k, j] for j in range(0, k)) for k in range(0, K))",
    ),
    "weights": ("map(tasklet seq(tasklet) tasklet)", NI + " y[i] = z[i] / sum(k * x[k] + i for k in range(0, K))"),
    "picked": (
        "map(tasklet)",
        "for k in parallel(0, K):\n E[k, 0] = x[places[k]] * 2 + A[0, places[k]] - A[0, places[places[k]]] * places[k]",
    ),
    "rows_of_any_length": (
        "map(tasklet seq(tasklet) tasklet)",
        NI + " y[i] = sum(x[places[k]] * A[i, k] for k in range(starts[i], starts[i + 1]))",
    ),
    "rows_of_rows": (
        "map(tasklet seq(tasklet seq(tasklet) tasklet) tasklet)",
        NI + " y[i] = max(x[l] * x[k] for k in range(starts[i], starts[i + 1]) for l in range(0, places[k] + 1))",
    ),
    "no_loops": ("tasklet seq(tasklet) tasklet", "t[0] = 2 * sum(x[k] + t[0] for k in range(0, K))"),
    "scalars": ("tasklet map(tasklet) | tasklet", "b = t[0] * 2\n" + NI + " y[i] = b + a\nt[0] = b + y[1]"),
}


@pytest.mark.parametrize("name", CASES)
def test_a_nest_becomes_a_map(name, written, looks):
    expected, text = CASES[name]
    sdfg = lower(written(text))
    assert expected is None or looks(sdfg) == expected
    code = "".join(part.clean_code for part in sdfg.generate_code())
    assert "atomic" not in code


def test_nests_compute_what_they_say(right):
    right({name: text for name, (_, text) in CASES.items()})


@pytest.mark.parametrize("name", CASES)
def test_a_nest_is_read_again(name, written, same):
    before = written(CASES[name][1])
    after = raise_sdfg(lower(before))
    assert after is not None and "opaque" not in str(after)
    same(before, after, {"N": 7, "K": 5, "M": 4})


def test_memlets_cover_what_is_accessed(written):
    text = "for i in parallel(1, N - 1):\n for k in parallel(0, i):\n  H[i, k] = z[i - 1] + z[i + 1] + y[N - 1 - i]"
    [state] = lower(written(text)).states()
    [entry] = [node for node in state.nodes() if isinstance(node, dace.nodes.MapEntry)]
    assert {str(edge.data) for edge in state.in_edges(entry)} == {"z[0:N]", "y[1:N - 1]"}
    [edge] = state.out_edges(state.exit_node(entry))
    assert str(edge.data) == "H[1:N - 1, 0:N - 2]"
