"""Affine expressions say what they cannot hold."""

import pytest

from dace_transfer.transformations.normalization.affine import affine


@pytest.mark.parametrize("text", ["N < 3", "N / 2", "0.5 * N"])
def test_what_is_no_integer_is_refused(text):
    with pytest.raises(ValueError, match="Expected an integer expression"):
        affine(text)
