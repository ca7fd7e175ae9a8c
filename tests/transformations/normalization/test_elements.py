"""Elements of containers inside of affine expressions."""

import pytest

from dace_transfer.transformations.normalization.affine import affine, variable
from dace_transfer.transformations.normalization.elements import (
    element,
    elements,
    is_nested,
    plain_words,
    taken_apart,
    term_of_integer,
    with_names,
)
from dace_transfer.transformations.normalization.terms import Read


def test_an_element_is_an_atom_in_one_spelling():
    place = Read("starts", (affine("1 + i"),))
    assert element(place) == affine("2*starts[i + 1] - starts[1 + i]")
    assert elements(affine("3 * starts[i + 1] - N")) == (place,)


def test_variables_are_replaced_inside_of_elements():
    value = affine("columns[k + starts[i]]").substitute({"k": variable("l") - affine("starts[i]")})
    assert value == affine("columns[l]")
    assert value.words == {"columns", "l"} and not value.is_affine_in(["l"])


def test_names_take_the_place_of_elements():
    rest, found = taken_apart(affine("int_floor(a[i], 2) + a[i] - b[a[i]] + N"))
    assert len(found) == 2 and rest.words - found.keys() == {"int_floor", "N"}
    assert with_names(affine("2*a[i] - b[a[i]] + N"), lambda read: f"of_{read.data}") == affine("2*of_a - of_b + N")
    assert plain_words(affine("2*a[i] + j")) == {"j"}
    assert is_nested(affine("b[a[i]] + 1")) and not is_nested(affine("a[i] + b[i]"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a[i]", "a[i]"),
        ("i + 1", "(i + 1)"),
        ("a[i] + 1", "((1 * dace.int64(a[i])) + (1))"),
        ("i - 2*a[i]", "((-2 * dace.int64(a[i])) + (i))"),
    ],
)
def test_integers_are_read_as_terms(text, expected):
    assert str(term_of_integer(affine(text))) == expected
