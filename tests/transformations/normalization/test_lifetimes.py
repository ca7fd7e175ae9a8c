"""One name for one thing."""

from dace_transfer.transformations.normalization.lifetimes import split_lifetimes

SHAPES = {"a": ("N",), "b": ("N",), "c": ("N",)}
TWICE = """
for t in range(0, 2):
    for i in range(0, N):
        s = a[i]
        b[i] = s * s
    for j in range(0, N):
        s = b[j]
        a[j] = s + 1.0
"""


def test_loops_that_begin_anew_get_temporaries_of_their_own(read, same):
    before = read(TWICE, SHAPES, {"s": ()})
    after = split_lifetimes(before)
    assert "s_0 = b[j]\n        a[j] = (s_0 + 1.0)" in str(after) and set(after.containers) - set(
        before.containers
    ) == {"s_0"}
    assert str(split_lifetimes(after)) == str(after)
    same(before, after, {"N": 3})


def test_what_is_handed_on_keeps_its_name(read):
    for text in (
        "s = a[0]\nfor i in range(0, N):\n    b[i] = s",
        "for i in range(0, N):\n    s = a[i]\nfor j in range(0, N):\n    b[j] = s",
        TWICE.replace("s = a[i]", "b[0] = s\n        s = a[i]"),
    ):
        before = read(text, SHAPES, {"s": ()})
        assert str(split_lifetimes(before)) == str(before)
