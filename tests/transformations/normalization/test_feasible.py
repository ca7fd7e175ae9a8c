"""Systems of affine constraints: refuted only if they have no integer solution."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from dace_transfer.transformations.normalization.affine import Affine, affine
from dace_transfer.transformations.normalization.feasible import feasible

NAMES = ("i", "j", "k")


def test_triangular_indices_never_meet_their_transpose():
    bounds = [affine(b) for b in ("i", "j - i - 1", "M - j - 1", "i2", "j2 - i2 - 1", "M - j2 - 1")]
    assert not feasible([affine("i - j2"), affine("j - i2")], bounds)
    assert feasible([affine("i - i2"), affine("j - j2")], bounds)


def test_strides_of_two_miss_odd_places():
    assert not feasible([affine("2*i - 2*j - 1")], [])
    assert not feasible([], [affine("2*i - 1"), affine("1 - 2*i")])


def test_atoms_are_unknowns_of_their_own():
    half = affine("int_floor(N, 2)")
    assert feasible([half - affine("i")], [])
    assert not feasible([half - affine("i"), half - affine("i") - 1], [])


@st.composite
def _affine(draw: st.DrawFn) -> Affine:
    terms = {name: draw(st.integers(-3, 3)) for name in NAMES}
    return sum((affine(name) * value for name, value in terms.items()), affine(draw(st.integers(-6, 6))))


@given(st.lists(_affine(), max_size=2), st.lists(_affine(), max_size=5))
def test_what_is_refuted_has_no_small_solution(equalities: list[Affine], inequalities: list[Affine]):
    if feasible(equalities, inequalities):
        return
    for values in itertools.product(range(-6, 7), repeat=len(NAMES)):
        point = {name: affine(value) for name, value in zip(NAMES, values, strict=True)}
        zero = all(e.substitute(point).constant == 0 for e in equalities)
        assert not (zero and all(e.substitute(point).constant >= 0 for e in inequalities))
