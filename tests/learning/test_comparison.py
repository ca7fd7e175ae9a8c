"""All donors, by name."""

import pytest

from dace_transfer.database.store import open_store
from dace_transfer.errors import DaceTransferError, StoreError
from dace_transfer.learning.comparison import DONORS, QUICK, Sources, compare
from dace_transfer.learning.profiles import profiles_of


@pytest.fixture
def store(surveyed):
    opened = open_store(surveyed, seed=False)
    yield opened
    opened.close()


def test_donors_are_called_by_their_names(store):
    sources = Sources(store, profiles_of(store))
    assert {name: make(sources).name for name, make in DONORS.items()} == {name: name for name in DONORS}


def test_features_tell_what_is_faster(store):
    recovered = {row.donor: row.estimates["recovered"].value for row in compare(store) if row.k == 1}
    assert recovered.keys() == QUICK.keys()
    assert recovered["features"] == recovered["features-turns"] == 1.0
    assert recovered["fixed"] == 0.5


def test_some_donors_in_some_folds(store):
    rows = compare(store, ["fixed"], count=2)
    assert {row.donor for row in rows} == {"fixed"} and rows[0].families == 5


def test_unknown_donors_are_named(store):
    with pytest.raises(DaceTransferError, match=r"portfolio, .*got 'best'"):
        compare(store, ["best"])


def test_an_empty_database_says_what_to_do():
    with pytest.raises(StoreError, match="survey some programs"):
        compare(open_store("sqlite://", seed=False))
