"""What the database knows, as the cost model learns it."""

import numpy as np
import pytest

from dace_transfer.database.records import EmbeddingRecord, RecipeRecord, TargetRecord, TuningRecord, WorkloadRecord
from dace_transfer.database.store import open_store
from dace_transfer.search import observations
from dace_transfer.transformations import format_recipe, parse_recipe
from dace_transfer.verdict import Verdict

FUSE, TILE = parse_recipe("recipe fuse\nfuse all_maps\n"), parse_recipe("recipe tile\ntile maps\n")


def vector(place):
    return np.array([place, 0.0], np.float32)


def tuning(workload, recipe, verdict, ratio, created="2026-01-01T00:00:00+00:00"):
    words = ("because", "[]", "search", "2", "0", created, "test")
    return TuningRecord(workload, recipe, "t", "auto_optimize", verdict, ratio, None, None, (), (), *words)


@pytest.fixture
def store(tmp_path):
    opened = open_store(tmp_path / "history.db", seed=False)
    opened.put_all([TargetRecord("t", "{}")])
    opened.put_all(RecipeRecord(recipe.id, recipe.name, format_recipe(recipe)) for recipe in (FUSE, TILE))
    opened.put_all([RecipeRecord("gone", "gone", "recipe gone\nno_such_step maps\n")])
    for place, name in enumerate(("near", "far")):
        opened.put_all([WorkloadRecord(name, "nest", "{}", {}, name, f"family of {name}")])
        opened.put_all([EmbeddingRecord(name, "e", "", vector(place))])
        opened.put_all([tuning(name, FUSE.id, "FASTER", 2.0), tuning(name, "gone", "FASTER", 9.0)])
        opened.put_all([tuning(name, TILE.id, "NOT_APPLICABLE", None)])
    yield opened
    opened.close()


def seen(known):
    return [(float(o.workload[0]), o.outcome.recipe.name, o.outcome.verdict, o.outcome.ratio) for o in known]


def test_outcomes_come_nearest_first_and_unreadable_recipes_not_at_all(store):
    known = seen(observations(store, "e", vector(-1.0)))
    assert [row[0] for row in known] == [0.0, 0.0, 1.0, 1.0]
    assert set(known[:2]) == {(0.0, "fuse", Verdict.FASTER, 2.0), (0.0, "tile", Verdict.NOT_APPLICABLE, None)}


def test_the_median_outcome_of_a_recipe_counts(store):
    for day, ratio in ((2, 0.5), (3, 8.0)):
        store.put_all([tuning("near", FUSE.id, "SLOWER" if ratio < 1 else "FASTER", ratio, f"2026-02-0{day}")])
    fuses = [row for row in seen(observations(store, "e", vector(0.0))) if row[:2] == (0.0, "fuse")]
    assert fuses == [(0.0, "fuse", Verdict.FASTER, 2.0)]


def test_families_and_workloads_can_be_left_out(store):
    assert {row[0] for row in seen(observations(store, "e", vector(0.0), exclude_families=["family of near"]))} == {1.0}
    assert {row[0] for row in seen(observations(store, "e", vector(0.0), exclude_digests=["far"]))} == {0.0}
    assert observations(store, "other encoder", vector(0.0)) == []
