"""What nobody reads goes; what somebody may read stays."""

import dace
import pytest

from dace_transfer.transformations.normalization.dead import remove_dead
from dace_transfer.transformations.normalization.tree import Computation, Opaque

ARRAYS = {"A": ("N", "N"), "x": ("N",), "y": ("N",), "z": ("N",), "a": (), "b": ()}
LOCALS = {"t": ("N",), "u": ("N",), "s": (), "r": ()}


@pytest.fixture
def becomes(read, same):
    """Assert what a text becomes, and that it means the same."""

    def check(before, after):
        computation = read(before, ARRAYS, LOCALS)
        result = remove_dead(computation)
        assert str(result) == str(read(after, ARRAYS, LOCALS))
        for size in (1, 2, 5):
            same(computation, result, {"N": size})
        assert remove_dead(result) is result
        return result

    return check


def test_transients_that_only_feed_each_other_go_with_their_containers(becomes):
    result = becomes(
        """
for i in range(0, N):
    t[i] = x[i]
    u[i] = t[i] + u[i]
    s = s + u[i]
    r = x[i]
    y[i] = r
""",
        """
for i in range(0, N):
    r = x[i]
    y[i] = r
""",
    )
    assert set(result.containers) == {*ARRAYS, "r"}


def test_copies_to_itself_and_empty_loops_go(becomes):
    becomes(
        """
for i in range(0, N):
    for j in range(0, N):
        A[i, j] = A[i, j]
for k in range(3, 3):
    y[k] = 0.0
z[0] = 1.0
""",
        "z[0] = 1.0",
    )


def test_loops_and_reductions_of_one_iteration_are_what_they_execute(becomes):
    becomes(
        """
for i in range(N - 1, N):
    for j in range(0, i - N + 2):
        y[i] = x[j]
        z[i] = y[i] * sum(A[i, k] * A[m, n] for k in range(i, i + 1) for m in range(0, N) for n in range(m, m + 1))
s = sum(sum(x[q] for q in range(p, p + 1)) for p in range(0, 1))
y[0] = s
""",
        """
y[N - 1] = x[0]
z[N - 1] = y[N - 1] * sum(A[N - 1, N - 1] * A[m, m] for m in range(0, N))
s = x[0]
y[0] = s
""",
    )


def test_stores_that_a_later_nest_overwrites_go(becomes):
    becomes(
        """
for i in range(1, N):
    y[i] = a
for k in range(0, N):
    z[k] = y[0] + x[k]
for j in range(0, N):
    y[j] = x[j]
""",
        """
for k in range(0, N):
    z[k] = y[0] + x[k]
for j in range(0, N):
    y[j] = x[j]
""",
    )


@pytest.mark.parametrize(
    "text",
    [
        "for i in range(0, N):\n    y[i] = a\nfor j in range(1, N):\n    y[j] = x[j]",
        "for i in range(0, N):\n    y[i] = a\nz[0] = y[N - 1]\nfor j in range(0, N):\n    y[j] = x[j]",
        "for i in range(0, N):\n    y[i] = a\nfor j in range(0, N):\n    y[j] = x[j] + y[j]",
        "for i in range(0, N):\n    y[i] = a\nfor k in range(1, N):\n    for j in range(0, N):\n        y[j] = x[k]",
        "for i in range(0, N):\n    y[i] = a\nfor j in range(0, N):\n    y[j] = x[j]\n    z[N - j - 1] = y[N - j - 1]",
    ],
    ids=["smaller", "seen", "updated", "maybe never", "seen by a neighbour"],
)
def test_stores_that_are_seen_or_not_overwritten_stay(becomes, text):
    becomes(text, text)


def test_extents_of_transients_may_be_nothing(read):
    text = "y[1] = a\nfor i in range(0, N - 2):\n    t[i] = x[i]\nfor j in range(1, N - 1):\n    y[j] = t[j - 1]"
    computation = read(text, ARRAYS, {"t": ("N - 2",)})
    assert remove_dead(computation) is computation


def test_a_store_read_in_the_next_iteration_is_alive_one_after_the_last_read_is_not(becomes):
    becomes(
        """
s = a
for i in range(0, N):
    y[i] = s
    s = x[i]
    r = s
s = 2.0
t[0] = 1.0
""",
        """
s = a
for i in range(0, N):
    y[i] = s
    s = x[i]
""",
    )


def test_a_scalar_written_again_before_it_is_read_is_dead(becomes):
    becomes("s = a\nr = s\ns = b\ny[0] = s + s", "s = b\ny[0] = s + s")
    becomes("t[0] = a\nt[0] = b\ny[0] = t[0]", "t[0] = b\ny[0] = t[0]")
    kept = "s = a\nfor i in range(1, N):\n    s = b\ny[0] = s"
    becomes(kept, kept)


def test_what_opaque_blocks_name_stays(read):
    written = read("for i in range(0, N):\n    t[i] = x[i]\ns = a", ARRAYS, {**LOCALS, "v": ("N",)})
    opaque = Opaque(dace.SDFGState("s"), frozenset({"t"}), frozenset({"v"}), frozenset())
    computation = Computation(written.origin, written.containers, (*written.body, opaque))
    result = remove_dead(computation)
    assert result.body == (computation.body[0], opaque)
    assert set(result.containers) == {*ARRAYS, "t", "v"}
