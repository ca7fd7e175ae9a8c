"""Where vectors come from."""

import numpy as np
import pytest

from dace_transfer.database.records import EmbeddingRecord, WorkloadRecord
from dace_transfer.database.store import open_store
from dace_transfer.embeddings.features import FEATURES
from dace_transfer.errors import StoreError
from dace_transfer.learning.vectors import only_sizes, stored

NOTHING = np.arange(0)


def test_vectors_are_those_that_were_put():
    store = open_store("sqlite://", seed=False)
    store.put_all(WorkloadRecord(name, "nest", "{}", {}, "p", "f") for name in "ab")
    store.put_all([EmbeddingRecord("b", "e", "", np.array([1, 2], np.float32))])
    np.testing.assert_array_equal(stored(store, "e", ["a", "b"])(NOTHING), [[np.nan, np.nan], [1, 2]])
    with pytest.raises(StoreError, match="no vectors of the encoder 'other'"):
        stored(store, "other", ["a", "b"])


def test_sizes_are_three_of_the_features():
    vectors = np.arange(2 * len(FEATURES), dtype=np.float32).reshape(2, -1)
    kept = only_sizes(lambda train: vectors)(NOTHING)
    assert [FEATURES[int(column)][0] for column in kept[0]] == [
        "operations per thread",
        "bytes moved",
        "arguments over last-level cache",
    ]
