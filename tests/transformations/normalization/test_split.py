"""Every reduction gets a statement of its own, in a form that has a name."""

import random

import dace
import pytest

from dace_transfer.transformations.normalization.algebra import simplify_terms
from dace_transfer.transformations.normalization.share import share
from dace_transfer.transformations.normalization.split import split_reductions

MATRICES = {"A": ("N", "N"), "B": ("N", "N"), "C": ("N", "N"), "x": ("N",), "y": ("N",), "a": ()}
MATRICES |= {"S": ("N", "N", "N"), "T": ("N", "N", "N")}


def _split(read, same, text, arguments=MATRICES):
    before = read(text, arguments)
    after = split_reductions(before)
    for size in (1, 4):
        same(before, after, {"N": size})
    assert split_reductions(after) is after
    return str(after)


CASES = {
    "a product beside other terms": (
        """
for i in parallel(0, N):
    for j in parallel(0, N):
        C[i, j] = a * C[i, j] + sum(A[i, k] * B[k, j] for k in range(0, N))
""",
        """
parallel for i_0 in range(0, N):
    parallel for j_0 in range(0, N):
        t[i_0, j_0] = sum((A[i_0, k] * B[k, j_0]) for k in range(0, N))
parallel for i in range(0, N):
    parallel for j in range(0, N):
        C[i, j] = ((a * C[i, j]) + t[i, j])
""",
    ),
    "a product that is a whole value, transposed": (
        """
for i in parallel(0, N):
    for j in parallel(0, N):
        C[j, i] = sum(A[i, k] * B[k, j] for k in range(0, N))
""",
        """
parallel for i in range(0, N):
    parallel for j in range(0, N):
        C[j, i] = sum((A[i, k] * B[k, j]) for k in range(0, N))
""",
    ),
    "a product of which a triangle is used": (
        """
for i in parallel(0, N):
    for j in parallel(0, i + 1):
        C[i, j] = sum(A[i, k] * A[j, k] for k in range(0, N))
""",
        """
parallel for i_0 in range(0, N):
    parallel for j_0 in range(0, N):
        t[i_0, j_0] = sum((A[i_0, k] * A[j_0, k]) for k in range(0, N))
parallel for i in range(0, N):
    parallel for j in range(0, i + 1):
        C[i, j] = t[i, j]
""",
    ),
    "a triangle without its diagonal, computed as a square, since the other triangle is the same": (
        """
for i in parallel(0, N - 1):
    for j in parallel(i + 1, N):
        C[i, j] = sum(A[i, k] * A[j, k] for k in range(0, N))
""",
        """
parallel for i_0 in range(0, N):
    parallel for j_0 in range(0, N):
        t[i_0, j_0] = sum((A[i_0, k] * A[j_0, k]) for k in range(0, N))
parallel for i in range(0, N - 1):
    parallel for j in range(i + 1, N):
        C[i, j] = t[i, j]
""",
    ),
    "a vector that not all loops need": (
        """
for i in parallel(0, N):
    for j in parallel(0, N):
        C[i, j] = x[j] * sum(A[i, k] * y[k] for k in range(0, N))
""",
        """
parallel for i_0 in range(0, N):
    t[i_0] = sum((A[i_0, k] * y[k]) for k in range(0, N))
parallel for i in range(0, N):
    parallel for j in range(0, N):
        C[i, j] = (x[j] * t[i])
""",
    ),
    "a product of a tensor and a matrix": (
        """
for i in parallel(0, N):
    for j in parallel(0, N):
        for l in parallel(0, N):
            T[i, j, l] = a * T[i, j, l] + sum(S[i, j, k] * A[k, l] for k in range(0, N))
""",
        """
parallel for i_0 in range(0, N):
    parallel for j_0 in range(0, N):
        parallel for l_0 in range(0, N):
            t[i_0, j_0, l_0] = sum((S[i_0, j_0, k] * A[k, l_0]) for k in range(0, N))
parallel for i in range(0, N):
    parallel for j in range(0, N):
        parallel for l in range(0, N):
            T[i, j, l] = ((a * T[i, j, l]) + t[i, j, l])
""",
    ),
    "a tensor times a vector is no sum of products that are stored": (
        """
for i in parallel(0, N):
    for j in parallel(0, N):
        A[i, j] = sum(S[i, j, k] * x[k] for k in range(0, N))
""",
        """
parallel for i in range(0, N):
    parallel for j in range(0, N):
        A[i, j] = sum((S[i, j, k] * x[k]) for k in range(0, N))
""",
    ),
    "a dot product": (
        "a = a + sum(x[k] * y[k] for k in range(0, N))",
        "t = sum((x[k] * y[k]) for k in range(0, N))\na = (a + t)",
    ),
    "a sum within a sum": (
        "a = sum(x[i] * sum(A[i, k] * y[k] for k in range(0, N)) for i in range(0, N))",
        """
parallel for i_0 in range(0, N):
    t[i_0] = sum((A[i_0, k] * y[k]) for k in range(0, N))
a = sum((x[i] * t[i]) for i in range(0, N))
""",
    ),
    "plain folds": (
        """
for i in parallel(0, N):
    x[i] = max(A[i, k] for k in range(0, N))
for j in parallel(0, N):
    y[j] = y[j] - sum(A[m, j] for m in range(0, N))
""",
        """
parallel for i in range(0, N):
    x[i] = max(A[i, k] for k in range(0, N))
parallel for j_0 in range(0, N):
    t[j_0] = sum(A[m, j_0] for m in range(0, N))
parallel for j in range(0, N):
    y[j] = (y[j] + neg(t[j]))
""",
    ),
    "what is folded becomes a statement, in the order of its read": (
        """
for i in parallel(0, N):
    x[i] = sum(A[k, i] * B[k, i] for k in range(0, N))
""",
        """
parallel for i_0 in range(0, N):
    parallel for k_0 in range(0, N):
        p[k_0, i_0] = (A[k_0, i_0] * B[k_0, i_0])
parallel for i in range(0, N):
    x[i] = sum(p[k, i] for k in range(0, N))
""",
    ),
    "no read spans all loops": (
        """
for i in parallel(0, N):
    x[i] = a + sum((y[i] - y[k]) * a for k in range(0, N))
""",
        """
parallel for i_0 in range(0, N):
    t[i_0] = sum(((y[i_0] + neg(y[k])) * a) for k in range(0, N))
parallel for i in range(0, N):
    x[i] = (a + t[i])
""",
    ),
    "a triangular sum that reads only what is not written yet": (
        """
for i in range(0, N):
    for j in parallel(0, N):
        B[i, j] = a * (B[i, j] + sum(A[k, i] * B[k, j] for k in range(i + 1, N)))
""",
        """
parallel for i_0 in range(0, N):
    parallel for j_0 in range(0, N):
        t[i_0, j_0] = sum((A[k, i_0] * B[k, j_0]) for k in range(i_0 + 1, N))
parallel for i in range(0, N):
    parallel for j in range(0, N):
        B[i, j] = (a * (B[i, j] + t[i, j]))
""",
    ),
    "a recurrence stays": (
        """
for i in range(0, N):
    x[i] = y[i] - sum(A[i, k] * x[k] for k in range(0, i))
""",
        """
for i in range(0, N):
    x[i] = (y[i] + neg(sum((A[i, k] * x[k]) for k in range(0, i))))
""",
    ),
    "a recurrence over the outer loop": (
        """
for s in range(1, N):
    for i in parallel(0, N):
        C[s, i] = tanh(A[s, i] + sum(B[i, k] * C[s - 1, k] for k in range(0, N)))
""",
        """
for s in range(1, N):
    parallel for i_0 in range(0, N):
        t[i_0] = sum((B[i_0, k] * C[s - 1, k]) for k in range(0, N))
    parallel for i in range(0, N):
        C[s, i] = tanh((A[s, i] + t[i]))
""",
    ),
    "below a loop around several nodes": (
        """
for s in range(0, N - 1):
    x[s] = a
    for j in parallel(s + 1, N):
        y[j] = y[j] + sum(A[k, s] * A[k, j] for k in range(0, N))
""",
        """
for s in range(0, N - 1):
    x[s] = a
    parallel for j_0 in range(s + 1, N):
        t[j_0] = sum((A[k, s] * A[k, j_0]) for k in range(0, N))
    parallel for j in range(s + 1, N):
        y[j] = (y[j] + t[j])
""",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_forms(read, same, name):
    before, after = CASES[name]
    assert _split(read, same, before) == after.strip()


def test_windows_that_overlap_are_not_written_out(read, same):
    text = """
for i in parallel(0, N):
    y[i] = sum(w[k] * u[i + k] for k in range(0, N))
for j in parallel(0, N):
    z[j] = 1 + sum(u[j + k2] * u[j + k2] for k2 in range(0, N))
"""
    before = read(text, {"u": ("2 * N",), "w": ("N",), "y": ("N",), "z": ("N",)})
    after = split_reductions(before)
    same(before, after, {"N": 4})
    added = [desc.shape for name, desc in after.containers.items() if name not in before.containers]
    assert all(len(shape) == 1 for shape in added)


def test_what_a_condition_excludes_is_not_computed_where_it_may_be_out_of_bounds(read):
    text = """
for i in parallel(0, N):
    x[i] = sum(A[i - {0}, k] * y[k] for k in range(0, N)) if 0 < i else 0.0
"""
    before = read(text.format(1), MATRICES)
    assert split_reductions(before) is before
    assert "t[i_0] = sum(" in str(split_reductions(read(text.format(0), MATRICES)))


def test_only_what_is_in_bounds_for_certain_is_computed_more_often(read, same):
    text = """
for i in parallel(0, N):
    for j in parallel(i + 1, N):
        C[i, j] = a + sum(A[i, k] * A[j, k] for k in range(0, M))
for m in parallel(0, M):
    for n in parallel(0, N):
        D[m, n] = a * sum(A[m, l] for l in range(0, M))
"""
    before = read(text, {**MATRICES, "A": ("P", "M"), "D": ("M", "N")})
    after = split_reductions(before)
    assert "parallel for j_0 in range(i_0 + 1, N):" in str(after) and "t_0[m_0, n_0] = sum(A[m_0, l]" in str(after)
    same(before, after, {"N": 3, "M": 2, "P": 3})
    assert split_reductions(after) is after


def test_parallel_loops_around_do_not_share(read, same):
    text = """
for b in parallel(0, N):
    for s in range(1, N):
        for i in parallel(0, N):
            H[b, s, i] = 1.0 + 0.1 * sum(A[i, k] * H[b, s - 1, k] for k in range(0, N))
"""
    result = _split(read, same, text, {"A": ("N", "N"), "H": ("N", "N", "N")})
    assert "t[b, i_0] = sum((A[i_0, k] * H[b, s - 1, k])" in result


def test_types_of_new_containers(read):
    text = """
for i in parallel(0, N):
    x[i] = 1.0 + sum(A[i, k] * A[i, k] for k in range(0, N))
c = 1 + sum(x[k] < 1.0 for k in range(0, N))
"""
    after = split_reductions(read(text, {"A": (("N", "N"), dace.float32), "x": ("N",), "c": ((), dace.int64)}))
    types = {name: desc.dtype for name, desc in after.containers.items() if desc.transient}
    assert types == {"p": dace.float32, "t": dace.float32, "p_0": dace.int64, "t_0": dace.int64}
    assert isinstance(after.containers["t_0"], dace.data.Scalar)


def test_sizes_that_may_be_too_small_are_borrowed(read, same):
    text = """
for i in parallel(1, N - 1):
    y[i] = a + max(A[i, k] * x[k] for k in range(1, N - 1))
"""
    after = split_reductions(read(text, MATRICES))
    assert "t[i_1] = max(p[i_1, k] for k in range(1, N - 1))" in str(after)
    assert {str(after.containers[name].shape) for name in ("t", "p")} == {"(N,)", "(N, N)"}
    same(read(text, MATRICES), after, {"N": 2})
    same(read(text, MATRICES), after, {"N": 5})


@pytest.mark.parametrize("seed", range(4))
def test_random_statements_keep_their_meaning(read, same, seed):
    rng = random.Random(seed)
    changed = 0
    for _ in range(10):
        before = simplify_terms(read(_random_program(rng), MATRICES))
        after = split_reductions(before)
        assert split_reductions(after) is after, f"{before}\n\n{after}"
        same(before, share(after), {"N": 3})
        changed += after is not before
    assert changed


def _random_program(rng):
    """Nests of one to three loops around a statement with reductions, some of which read what others write."""
    lines, loops = [], []
    for name in rng.sample("ijs", rng.randint(0, 3)):
        bounds = [("0", "N"), ("0", "N"), ("1", "N"), *((f"{outer} + 1", "N") for outer in loops)]
        bounds += [("0", f"{outer} + 1") for outer in loops]
        begin, end = rng.choice(bounds)
        lines.append(f"{'    ' * len(loops)}for {name} in range({begin}, {end}):")
        loops.append(name)
        if rng.random() < 0.2:
            lines.append(f"{'    ' * len(loops)}y[{rng.choice(loops)}] = a")
    numbers = iter(range(100))
    target = rng.choice([_element(rng, loops), _element(rng, loops), f"T[{', '.join((loops + ['0'] * 3)[:3])}]"])
    value = _random_value(rng, loops, numbers, 2)
    lines.append(f"{'    ' * len(loops)}{target} = {value}")
    return "\n".join(lines)


def _element(rng, names):
    places = [*names, *names, "0", "N - 1"]
    data = rng.choice(["A", "A", "B", "C", "x", "y"])
    return f"{data}[{', '.join(rng.choice(places) for _ in MATRICES[data])}]"


def _random_value(rng, names, numbers, depth):
    kind = rng.choice(["sum", "sum", "product", "max", "+", "*", "leaf"]) if depth else "leaf"
    if kind == "leaf":
        return _element(rng, names)
    if kind in "+*":
        return "(" + f" {kind} ".join(_random_value(rng, names, numbers, depth - 1) for _ in range(2)) + ")"
    name = f"k{next(numbers)}"
    inner = [*names, name, name]
    begin, end = rng.choice([("0", "N"), ("0", "N"), *((f"{outer}", "N") for outer in names)])
    if kind == "product":
        body = f"{_element(rng, inner)} * {_element(rng, inner)}"
    else:
        body = _random_value(rng, inner, numbers, depth - 1)
    return f"{'max' if kind == 'max' else 'sum'}({body} for {name} in range({begin}, {end}))"
