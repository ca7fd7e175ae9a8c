"""Values move to where they are read, and only where nothing changes."""

import dace
import pytest

from dace_transfer.transformations.normalization.inline import inline

ARRAYS = {"A": ("N", "N"), "B": ("N", "N"), "C": ("N", "N"), "x": ("N",), "y": ("N",), "z": ("N",), "a": (), "b": ()}
LOCALS = {"t": ("N",), "u": ("N",), "T": ("N", "N"), "s": (), "r": ()}


@pytest.fixture
def becomes(read, same):
    """Assert what a text becomes, and that it means the same."""

    def check(before, after, arguments=None, transients=None):
        computation = read(before, arguments or ARRAYS, transients or LOCALS)
        result = inline(computation)
        expected = read(after, arguments or ARRAYS, transients or LOCALS)
        assert str(result) == str(expected)
        for size in (1, 2, 5):
            same(computation, result, {"N": size})
        assert inline(result) is result

    return check


@pytest.fixture
def stays(becomes):
    def check(text, arguments=None, transients=None):
        becomes(text, text, arguments, transients)

    return check


def test_a_value_read_once_moves_into_its_reader(becomes):
    becomes(
        """
for i in range(0, N):
    t[i] = 2.0 * x[i] + a
for j in parallel(0, N):
    y[j] = exp(t[j]) + x[j]
""",
        """
for j in parallel(0, N):
    y[j] = exp(2.0 * x[j] + a) + x[j]
""",
    )


def test_chains_move_in_one_go_and_loops_are_solved_for(becomes):
    becomes(
        """
for i in range(0, N - 1):
    t[i + 1] = x[i] * x[i + 1]
for j in range(1, N):
    u[N - j] = t[j] * a
for k in range(0, N - 1):
    y[k] = u[k + 1] + 1.0
""",
        """
for k in range(0, N - 1):
    y[k] = x[N - k - 2] * x[N - k - 1] * a + 1.0
""".replace("x[N - k - 2] * x[N - k - 1] * a", "(x[N - k - 2] * x[N - k - 1]) * a"),
    )


def test_permuted_and_triangular_loops(becomes):
    becomes(
        """
for i in range(0, N):
    for j in range(0, i + 1):
        T[i, j] = A[i, j] * B[j, i]
for p in range(0, N):
    for q in range(p, N):
        C[p, q] = T[q, p] + C[p, q]
""",
        """
for p in range(0, N):
    for q in range(p, N):
        C[p, q] = A[q, p] * B[p, q] + C[p, q]
""",
    )


def test_an_elementwise_value_moves_into_a_reduction_that_uses_it_once(becomes):
    becomes(
        """
for i in range(0, N):
    for k in range(0, N):
        T[i, k] = A[i, k] * B[i, k]
for j in range(0, N):
    y[j] = a + sum(T[j, m] for m in range(0, N))
""",
        """
for j in range(0, N):
    y[j] = a + sum(A[j, m] * B[j, m] for m in range(0, N))
""",
    )


def test_a_reduction_moves_into_a_statement_but_not_into_a_reduction(becomes, stays):
    becomes(
        """
for i in range(0, N):
    t[i] = sum(A[i, k] * x[k] for k in range(0, N))
for j in range(0, N):
    y[j] = t[j] / a
""",
        """
for j in range(0, N):
    y[j] = sum(A[j, k] * x[k] for k in range(0, N)) / a
""",
    )
    stays(
        """
for i in range(0, N):
    t[i] = sum(A[i, k] * x[k] for k in range(0, N))
s = sum(t[j] * t[j] for j in range(0, N))
for m in range(0, N):
    y[m] = s
    z[m] = s * x[m]
"""
    )


def test_in_place_updates_merge_also_those_of_arguments(becomes):
    becomes(
        """
for i in range(0, N):
    for j in range(0, N):
        C[i, j] = b * C[i, j]
for p in range(0, N):
    for q in range(0, N):
        C[q, p] = C[q, p] + a * sum(A[q, k] * B[k, p] for k in range(0, N))
""",
        """
for p in range(0, N):
    for q in range(0, N):
        C[q, p] = b * C[q, p] + a * sum(A[q, k] * B[k, p] for k in range(0, N))
""",
    )


def test_initial_values_merge_into_scalars(becomes):
    becomes(
        """
for i in range(0, N):
    s = 0.0
    s = s + sum(A[i, k] for k in range(0, N))
    y[i] = s / a
""",
        """
for i in range(0, N):
    y[i] = (0.0 + sum(A[i, k] for k in range(0, N))) / a
""",
    )


def test_a_transient_used_for_two_values_is_inlined_twice(becomes):
    becomes(
        """
s = a * 2.0
y[0] = s + 1.0
s = b * 3.0
z[0] = s + 2.0
""",
        """
y[0] = a * 2.0 + 1.0
z[0] = b * 3.0 + 2.0
""",
    )


def test_an_argument_that_is_overwritten_later_is_a_temporary(becomes):
    becomes(
        """
for i in range(0, N):
    y[i] = x[i] * 2.0
for j in range(0, N):
    z[j] = y[j] + 1.0
for k in range(0, N):
    y[k] = 0.0
""",
        """
for j in range(0, N):
    z[j] = x[j] * 2.0 + 1.0
for k in range(0, N):
    y[k] = 0.0
""",
    )


def test_copies_and_literals_go_to_every_reader(becomes):
    becomes(
        """
s = 2
for i in range(0, N):
    for j in range(0, N):
        T[j, i] = A[i, j]
for p in range(0, N):
    for q in range(0, N):
        C[p, q] = sum(T[p, k] * T[k, q] for k in range(0, N)) * s
y[0] = neg(s)
""".replace("neg(s)", "-s"),
        """
for p in range(0, N):
    for q in range(0, N):
        C[p, q] = sum(A[k, p] * A[q, k] for k in range(0, N)) * 2.0
y[0] = -2.0
""",
    )


def test_a_little_arithmetic_of_scalars_goes_into_loops_as_well(becomes):
    becomes(
        "s = a - 1.0\nr = sqrt(b)\nfor i in range(0, N):\n    y[i] = x[i] / s\n"
        "    z[i] = s * r * sum(A[i, k] for k in range(0, N))",
        "for i in range(0, N):\n    y[i] = x[i] / (a - 1.0)\n"
        "    z[i] = (a - 1.0) * sqrt(b) * sum(A[i, k] for k in range(0, N))",
    )


def test_masks_are_compared_wherever_they_are_read(becomes):
    becomes(
        """
for i in parallel(0, N):
    m[i] = a <= x[i] and x[i] < b
for j in parallel(0, N):
    y[j] = x[j] if m[j] else 0.0
for k in parallel(0, N):
    z[k] = y[k] if m[k] else z[k]
""",
        """
for j in parallel(0, N):
    y[j] = x[j] if a <= x[j] and x[j] < b else 0.0
for k in parallel(0, N):
    z[k] = y[k] if a <= x[k] and x[k] < b else z[k]
""",
        transients={"m": (("N",), dace.bool_)},
    )


def test_values_are_computed_as_often_as_allowed(read, same):
    before = read(
        """
for i in parallel(0, N):
    t[i] = x[i] * x[i] + a
for j in parallel(1, N - 1):
    y[j] = t[j - 1] + t[j + 1]
for k in parallel(0, N):
    z[k] = exp(t[k]) * t[k]
""",
        ARRAYS,
        LOCALS,
    )
    assert inline(before, 2) is before
    after = inline(before, 3)
    same(before, after, {"N": 6})
    assert "t[" not in str(after)


def test_a_cheap_value_read_twice_in_one_statement_is_repeated_a_dear_one_not(becomes, stays):
    becomes(
        """
for i in range(0, N):
    t[i] = x[i] - a
for j in range(0, N):
    y[j] = t[j] * t[j]
""",
        """
for j in range(0, N):
    y[j] = (x[j] - a) * (x[j] - a)
""",
    )
    stays(
        """
for i in range(0, N):
    t[i] = exp(x[i] - a)
for j in range(0, N):
    y[j] = t[j] * t[j]
"""
    )


@pytest.mark.parametrize(
    "text",
    [
        "s = exp(a)\nfor i in range(0, N):\n    y[i] = s * x[i]",
        "for i in range(0, N):\n    t[i] = exp(x[i])\n"
        "for j in range(0, N):\n    for k in range(0, N):\n        C[j, k] = t[j] * A[j, k]",
        "for i in range(0, N):\n    t[i] = exp(x[i])\nfor j in range(0, N):\n    y[j] = t[j]\n    z[j] = t[j] * a",
        "for i in range(0, N):\n    t[i] = exp(x[i])\n"
        "for j in range(0, N):\n    y[j] = sum(t[j] * A[j, k] for k in range(0, N))",
    ],
    ids=["scalar", "outer", "two readers", "reduction"],
)
def test_no_work_is_repeated(stays, text):
    stays(text)


@pytest.mark.parametrize(
    "between",
    [
        "t[0] = 1.0",
        "for k in range(0, N):\n    t[k] = t[k] * x[0]",
        "for k in range(0, N):\n    x[k] = z[k]",
        "x[N-1] = 7.0",
    ],
    ids=["target element", "target", "source", "source element"],
)
def test_writes_between_keep_a_value_where_it_is(read, same, between):
    text = f"for i in range(0, N):\n    t[i] = x[i] * a\n{between}\nfor j in range(0, N):\n    y[j] = t[j] + 1.0"
    computation = read(text, ARRAYS, LOCALS)
    result = inline(computation)
    if "t[k]" not in between:
        assert result is computation
    for size in (1, 2, 5):
        same(computation, result, {"N": size})


def test_a_write_between_to_other_elements_does_not_matter(becomes):
    becomes(
        "for i in range(1, N):\n    t[i] = x[i] * a\nx[0] = 1.0\nfor j in range(1, N):\n    y[j] = t[j] + 1.0",
        "x[0] = 1.0\nfor j in range(1, N):\n    y[j] = x[j] * a + 1.0",
    )


@pytest.mark.parametrize(
    "reader",
    [
        "for j in range(0, N):\n    x[j] = t[N - j - 1]",
        "for j in range(0, N):\n    y[j] = t[j]\n    x[j] = 1.0",
        "for j in range(0, N):\n    x[N - j - 1] = 1.0\n    y[j] = t[j]",
        "for k in range(0, 3):\n    for j in range(0, N):\n        x[j] = t[j] + 1.0",
    ],
    ids=["other element", "later statement", "earlier iteration", "many times"],
)
def test_what_the_reader_overwrites_is_not_read_by_it(stays, reader):
    stays(f"for i in range(0, N):\n    t[i] = x[i]\n{reader}")


def test_a_pure_update_may_read_what_it_writes(becomes):
    becomes(
        "for i in range(0, N):\n    t[i] = 2.0 * x[i]\nfor j in parallel(0, N):\n    x[j] = t[j] + 1.0",
        "for j in parallel(0, N):\n    x[j] = 2.0 * x[j] + 1.0",
    )


def test_a_mirror_image_reads_no_element_that_another_iteration_writes(becomes, stays):
    text = """
for i in range(0, N):
    for j in range({begin}, N):
        T[i, j] = C[i, j]
for p in parallel(0, N):
    for q in parallel({other}, N):
        C[q, p] = T[p, q]
"""
    becomes(
        text.format(begin="i", other="p"),
        """
for p in parallel(0, N):
    for q in parallel(p, N):
        C[q, p] = C[p, q]
""",
    )
    stays(text.format(begin="0", other="0"))
    stays("for i in range(0, N - 1):\n    t[i] = x[i + 1]\nfor j in parallel(0, N - 1):\n    x[j] = t[j]")
    stays("for i in range(0, N - 1):\n    t[i] = x[i]\nfor j in parallel(0, N - 1):\n    x[j + 1] = t[j]")


@pytest.mark.parametrize(
    "text",
    [
        "for i in range(1, N):\n    t[i] = x[i] * a\nfor j in range(0, N):\n    y[j] = t[j] + 1.0",
        "for i in range(0, N):\n    t[i] = x[i] * a\nfor j in range(0, int_floor(N, 2)):\n    y[j] = t[2 * j + 1]",
        "t[0] = x[0] * a\nfor j in range(0, N):\n    y[j] = t[j] + 1.0",
    ],
    ids=["begin", "hidden", "element"],
)
def test_only_what_was_written_is_replaced(read, text):
    computation = read(text, ARRAYS, LOCALS)
    assert inline(computation) is computation


@pytest.mark.parametrize(
    "text",
    [
        "for i in range(0, N):\n    y[i] = a * y[i]\nfor j in range(1, N):\n    y[j] = y[j] + x[j]",
        "for i in range(0, N):\n    y[i] = a * x[i]\nfor j in range(0, N):\n    y[j] = y[j] + y[0]",
        "for i in range(0, N):\n    y[i] = a * x[i]\nz[0] = y[N - 1]\nfor j in range(0, N):\n    y[j] = y[j] + x[j]",
        "for i in range(0, N - 1):\n    y[i] = a * y[i + 1]\nfor j in range(0, N - 1):\n    y[j] = y[j] + x[j]",
    ],
    ids=["domain", "other element", "seen between", "recurrence"],
)
def test_updates_that_do_not_merge(stays, text):
    stays(text)


def test_a_value_seen_in_the_next_iteration_stays(stays):
    stays("s = exp(a)\nfor i in range(0, N):\n    y[i] = s + 1.0\n    s = exp(x[i])\n    z[i] = s * 2.0")


def test_literals_and_values_keep_their_types(becomes, stays):
    arrays = {"x": ("N",), "f": (("N",), dace.float32), "n": (("N",), dace.int64)}
    local = {"h": (("N",), dace.float32), "g": ((), dace.float32), "m": ((), dace.int64)}
    stays("for i in range(0, N):\n    h[i] = x[i]\nfor j in range(0, N):\n    x[j] = h[j]", arrays, local)
    stays("m = 2.5\nfor j in range(0, N):\n    n[j] = n[j] * m", arrays, local)
    becomes(
        "g = 1\nm = 3\nfor j in range(0, N):\n    f[j] = f[j] / g\n    n[j] = n[j] // m",
        "for j in range(0, N):\n    f[j] = f[j] / 1.0\n    n[j] = n[j] // 3",
        arrays,
        local,
    )
    becomes(
        "for i in range(0, N):\n    h[i] = f[i] * 0.5\nfor j in range(0, N):\n    x[j] = x[j] + h[j]",
        "for j in range(0, N):\n    x[j] = x[j] + f[j] * 0.5",
        arrays,
        local,
    )


def test_values_do_not_grow_without_bound(read, same):
    steps = "".join(f"s{k} = exp(s{k - 1}) * 0.25\n" for k in range(1, 300))
    computation = read(f"s0 = x[0]\n{steps}y[0] = s299", ARRAYS, {f"s{k}": () for k in range(300)})
    result = inline(computation)
    assert 2 < len(result.body) < 10
    same(computation, result, {"N": 2})
