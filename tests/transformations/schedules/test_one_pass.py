"""Rows read once: which nests share a pass, in which order, and that they compute the same."""

import textwrap

import pytest

from dace_transfer.transformations.schedules import one_pass

ALONG = """
for i in parallel(0, N):
    q[i] = sum(A[i, k] * x[k] for k in range(0, M))
"""
OVER = """
for j in parallel(0, M):
    s[j] = sum(A[l, j] * r[l] for l in range(0, N))
"""
BETWEEN = """
b = c[0] / 2
for a in parallel(0, N):
    r[a] = b * q[a] + r[a]
"""
SLOPE = """
for a in parallel(0, N):
    b[a] = q[a] - r[a]
"""
STEP = """
for d in parallel(0, M):
    x[d] = x[d] - s[d]
"""
UPDATE = """
for a in parallel(0, N):
    for b in parallel(0, M):
        A[a, b] = A[a, b] + q[a] * x[b]
"""
PRODUCT = """
for a in parallel(0, N):
    for b in parallel(0, M):
        A[a, b] = sum(B[a, k] * C[k, b] for k in range(0, M))
"""
SQUARE = """
for e in parallel(0, M):
    for f in parallel(0, M):
        C[e, f] = sum(A[k, e] * A[k, f] for k in range(0, N))
"""
ARGUMENTS = {"A": ("N", "M"), "x": ("M",), "q": ("N",), "r": ("N",), "s": ("M",), "c": (1,)}
LOCAL = {"b": ()}


def test_sums_along_rows_and_over_them_share_a_pass(read) -> None:
    text = (ALONG + SLOPE + OVER.replace("r[l]", "b[l]")).replace("N", "20")
    after = one_pass(read(text, ARGUMENTS, {"b": ("N",)}), parts=3, rows=2)
    expected = """
        parallel for p in range(0, 3):
            parallel for j_1 in range(0, M):
                part[p, j_1] = 0
            for g in range(((int_floor(10*p, 3))), ((int_floor(10*p + 10, 3)))):
                total = 0
                total_0 = 0
                for k_0 in range(0, M):
                    total = (total + (A[2*g, k_0] * x[k_0]))
                    total_0 = (total_0 + (A[2*g + 1, k_0] * x[k_0]))
                q[2*g] = total
                q[2*g + 1] = total_0
                parallel for w_0 in range(0, 2):
                    b[w_0] = (q[2*g + w_0] + neg(r[2*g + w_0]))
                parallel for j_0 in range(0, M):
                    part[p, j_0] = (part[p, j_0] + (A[2*g, j_0] * b[0]) + (A[2*g + 1, j_0] * b[1]))
        parallel for j_2 in range(0, M):
            s[j_2] = sum(part[p_0, j_2] for p_0 in range(0, 3))
        """
    assert str(after) == textwrap.dedent(expected).strip()
    assert [str(size) for size in after.containers["part"].shape] == ["3", "M"]
    assert after.containers["b"].shape == (2,), "a place for every row that is looked at, and no more"


@pytest.mark.parametrize(("count", "rows"), [(13, 4), (7, 1), (3, 4)])
@pytest.mark.parametrize(
    "text",
    [
        ALONG + OVER,
        OVER + ALONG,
        ALONG + OVER.replace("r[l]", "q[l]"),
        ALONG + BETWEEN + OVER,
        UPDATE + OVER,
        ALONG + "for j in parallel(1, M - 1):\n    s[j + 1] = prod(A[l, j] for l in range(0, N))",
        ALONG + "s[0] = sum(q[l] * A[l, k] for l in range(0, N) for k in range(0, M))",
        UPDATE + ALONG.replace("range(0, M)", "range(i, M)") + OVER,
        "for t in range(0, 2):" + textwrap.indent(ALONG + BETWEEN + OVER + STEP, "    "),
    ],
)
def test_all_rows_are_done_once(read, same, text: str, count: int, rows: int) -> None:
    before = read(text, ARGUMENTS, LOCAL)
    after = one_pass(before, parts=3, rows=rows)
    assert str(after).count("parallel for p") == 1
    same(before, after, {"N": count, "M": 5})


def test_a_group_ends_where_all_rows_are_needed(read, same) -> None:
    before = read(UPDATE + OVER + STEP + ALONG, ARGUMENTS)
    after = one_pass(before, parts=2, rows=2)
    same(before, after, {"N": 5, "M": 5})
    assert str(after).count("parallel for p") == 1
    assert str(after).splitlines()[-1].startswith("    q[i] = sum(")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (ALONG, "read once as it is"),
        (ALONG + OVER.replace("A[l, j]", "B[l, j]"), "another matrix"),
        (ALONG + OVER.replace("A[l, j]", "A[j, l]").replace("M", "N"), "what would be rows is not contiguous"),
        (ALONG + OVER.replace("s[j]", "x[j]"), "sums are of what they replace"),
        (OVER + ALONG.replace("x[k]", "s[k]"), "a sum over all rows is needed in every row"),
        (ALONG + OVER.replace("r[l]", "q[N - 1 - l]"), "another row is needed"),
        (ALONG.replace("i in parallel", "i in range") + OVER, "rows follow one another"),
        (ALONG.replace("N)", "9)") + OVER.replace("0, N)", "0, 9)"), "fewer rows than parts"),
        (ALONG.replace("N)", "N - 2)") + OVER.replace("0, N)", "0, N - 2)"), "perhaps a negative number of rows"),
        (PRODUCT + OVER, "a product of matrices before it"),
        (UPDATE + SQUARE, "a product of matrices over rows"),
    ],
)
def test_everything_else_stays(read, text: str, why: str) -> None:
    before = read(text, {**ARGUMENTS, "B": ("N", "M"), "C": ("M", "M")})
    assert one_pass(before, parts=32, rows=4) is before, why
