"""The drawing of an encoder's space."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.embedding_map import winner, write
from dace_transfer.database.store import open_store
from dace_transfer.errors import StoreError
from dace_transfer.learning.profiles import Profiles, profiles_of


@pytest.fixture
def profiles(surveyed: str) -> Profiles:
    store = open_store(surveyed, seed=False)
    found = profiles_of(store)
    store.close()
    return found


def test_every_workload_has_the_colour_of_its_best_recipe(profiles: Profiles) -> None:
    won = {digest: winner(profiles, row) for row, digest in enumerate(profiles.digests)}
    assert won == {f"w{index}": ("left", "right")[index % 2] for index in range(10)}


def test_equal_workloads_give_equal_drawings_that_name_all(profiles: Profiles, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    vectors = np.random.default_rng(0).normal(size=(10, 4)).astype(np.float32)
    for name in ("one.svg", "two.svg"):
        write(profiles, vectors, "Some title", tmp_path / name)
    text = (tmp_path / "one.svg").read_text()
    assert text == (tmp_path / "two.svg").read_text()
    assert all(words in text for words in ("Some title", "left (5)", "right (5)", "Best recipe", "Family"))


def test_too_few_workloads_are_refused(profiles: Profiles, tmp_path: Path) -> None:
    vectors = np.full((10, 4), np.nan, np.float32)
    vectors[:3] = 1.0
    with pytest.raises(StoreError, match="holds 3"):
        write(profiles, vectors, "Some title", tmp_path / "out.svg")
