"""One of several equal containers is kept: which are equal, and that the result is."""

import pytest

from dace_transfer.transformations.schedules import merge_equal

EDGES = """
s[M] = max(x[a] for a in range(0, N))
t[M] = max(x[b] for b in range(0, N))
low = min(x[c] for c in range(0, N))
u = (s[M] - low) / 2
v = (t[M] - low) / 2
for d in parallel(0, M):
    s[d] = low + d * u
for e in parallel(0, M):
    t[e] = low + e * v
"""
READ = """
for f in parallel(0, M):
    y[f] = s[f] * t[M]
"""
ARGUMENTS = {"x": ("N",), "y": ("M",)}
LOCAL = {"s": ("M + 1",), "t": ("M + 1",), "u": (), "v": (), "low": ()}


def test_what_equal_containers_are_computed_from_is_merged_too(read, same) -> None:
    before = read(EDGES + READ, ARGUMENTS, LOCAL)
    after = merge_equal(before)
    assert sorted(after.containers) == ["low", "s", "u", "x", "y"]
    assert str(after).splitlines()[-1] == "    y[f] = (s[f] * s[M])"
    assert len(after.body) == 5
    same(before, after, {"N": 9, "M": 4})
    assert merge_equal(after) is after


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (EDGES.replace("t[M] = max", "t[M] = min") + READ, "another value at first"),
        (EDGES.replace("low + e * v", "low - e * v") + READ, "another value later"),
        (EDGES.replace("(t[M] - low) / 2", "(t[M] - low) / 3") + READ, "another value in between"),
        (EDGES.replace("parallel(0, M):\n    t", "parallel(1, M):\n    t") + READ, "other elements"),
        (EDGES.replace("t[M] = max", "x[0] = 5\nt[M] = max") + READ, "what they are computed from changes"),
        (EDGES.replace("for e", "y[0] = t[0]\nfor e") + READ, "read when one was written more often"),
        (EDGES + "t[0] = 3\n" + READ, "one is written once more"),
    ],
)
def test_other_containers_stay(read, text: str, why: str) -> None:
    before = read(text, ARGUMENTS, LOCAL)
    assert merge_equal(before) is before, why


def test_results_stay(read) -> None:
    before = read(EDGES + READ, ARGUMENTS | {"s": ("M + 1",), "t": ("M + 1",)}, {"u": (), "v": (), "low": ()})
    assert merge_equal(before) is before
