"""Trained encoders: the same vectors from a file, in batches or one by one, under an id of their weights."""

from __future__ import annotations

from pathlib import Path

import dace
import numpy as np
import pytest
import torch

from dace_transfer.embeddings import learnt
from dace_transfer.embeddings.encoders import encoder_named
from dace_transfer.embeddings.features import FEATURES
from dace_transfer.embeddings.gnn import Ensemble
from dace_transfer.embeddings.learnt import SHIPPED, load_weights, save_weights, started
from dace_transfer.embeddings.shape import Shape
from dace_transfer.errors import DaceTransferError, StoreError
from dace_transfer.target import Target
from dace_transfer.workload import Workload, workload_of

N = dace.symbol("N")
TARGET = Target("cpu", "test", ("avx2",), 2, (2**15, 2**20, 2**25), "gcc 12", "-O3")
SHAPE = Shape(width=8, layers=1, heads=2, dimension=4, hidden=8, members=2)
RECIPES = ("one", "two", "three")


@dace.program
def scale(a: dace.float64[N], b: dace.float64[N]):
    b[:] = a * 2.0


@pytest.fixture(scope="module")
def workloads() -> list[Workload]:
    sdfg = scale.to_sdfg(simplify=True)
    return [workload_of(sdfg, {"N": size}) for size in (8, 100, 10_000)]


def network(seed: int = 0, shape: Shape = SHAPE) -> Ensemble:
    torch.manual_seed(seed)
    model = Ensemble(len(RECIPES), shape).eval()
    model.standardise(torch.randn(5, len(FEATURES)), torch.randn(5))
    return model


@pytest.fixture
def file(tmp_path: Path) -> Path:
    save_weights(tmp_path / "some.safetensors", network(), RECIPES, "regret")
    return tmp_path / "some.safetensors"


@pytest.mark.parametrize("shape", [SHAPE, Shape(layers=0, dimension=4, hidden=8, members=1)])
def test_a_file_holds_all_of_an_encoder(shape: Shape, workloads: list[Workload], tmp_path: Path) -> None:
    model, path = network(shape=shape), tmp_path / "some.safetensors"
    save_weights(path, model, RECIPES, "regret")
    encoder = load_weights(path, TARGET)
    vectors = encoder.encode(workloads)
    assert vectors.shape == (3, model.dimension) and vectors.dtype == np.float32
    original = learnt.LearntEncoder(model, RECIPES, "regret", TARGET, "")
    np.testing.assert_array_equal(vectors, original.encode(workloads))
    one_by_one = np.concatenate([encoder.encode([workload]) for workload in workloads])
    np.testing.assert_allclose(vectors, one_by_one, atol=1e-5)
    assert np.abs(vectors[0] - vectors[2]).max() > 1e-3
    assert (encoder.recipes, encoder.objective) == (RECIPES, "regret")
    assert encoder.encode([]).shape == (0, model.dimension)


def test_the_id_tells_weights_apart(file: Path, tmp_path: Path) -> None:
    for seed, same in ((0, True), (1, False)):
        save_weights(tmp_path / "other.safetensors", network(seed), RECIPES, "regret")
        other = encoder_named(str(tmp_path / "other.safetensors"), TARGET)
        assert (other.id == load_weights(file, TARGET).id) is same
        assert other.id.startswith("learnt-1-")


def test_other_versions_and_networks_are_refused(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learnt, "VERSION", 2)
    with pytest.raises(StoreError, match="of version 1, expected 2"):
        load_weights(file, TARGET)
    monkeypatch.undo()
    file.write_bytes(file.read_bytes().replace(rb"layers\": 1", rb"layers\": 0"))
    with pytest.raises(StoreError, match="do not fit"):
        load_weights(file, TARGET)


def test_going_on_with_other_recipes_keeps_what_makes_vectors(file: Path) -> None:
    encoder = load_weights(file, TARGET)
    assert started(encoder, RECIPES) is encoder.model
    other = started(encoder, ("one", "four")).state_dict()
    for name, value in encoder.model.state_dict().items():
        assert ".profile." in name or torch.equal(value, other[name])


def test_what_is_shipped_encodes_anywhere(workloads: list[Workload]) -> None:
    assert SHIPPED.stat().st_size < 10 * 2**20
    encoder = encoder_named("learnt", TARGET)
    vectors = encoder.encode(workloads)
    assert np.isfinite(vectors).all() and encoder.id.startswith("learnt-1-")


def test_unknown_names_are_refused() -> None:
    with pytest.raises(DaceTransferError, match="features, learnt or a file"):
        encoder_named("oracle", TARGET)
