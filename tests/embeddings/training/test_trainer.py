"""Training learns which donors are good, is deterministic, and goes on where it was stopped."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from dace_transfer.embeddings.features import FEATURES
from dace_transfer.embeddings.gnn import Ensemble, Prediction
from dace_transfer.embeddings.graph import EDGE_WIDTH, NODE_WIDTH, Graph
from dace_transfer.embeddings.shape import Shape
from dace_transfer.embeddings.training.examples import Examples
from dace_transfer.embeddings.training.objectives import OBJECTIVES, Answers, donated, neighbourhood
from dace_transfer.embeddings.training.settings import Settings
from dace_transfer.embeddings.training.trainer import train, vectors_of

SHAPE = Shape(width=16, layers=2, heads=2, dimension=4, hidden=16, dropout=0.1, noise=0.1, members=2)
SETTINGS = Settings(shape=SHAPE, epochs=12, patience=12, batch=16)


def graph(kind: int, rng: np.random.Generator) -> Graph:
    """A path of a few nodes, one of whose numbers tells the kind."""
    count = int(rng.integers(3, 6))
    nodes = rng.normal(scale=0.1, size=(count, NODE_WIDTH)).astype(np.float32)
    nodes[-1, 7] = 2.0 * kind - 1.0
    pairs = [(i, i + 1) for i in range(count - 1)]
    edges = np.array([*pairs, *((b, a) for a, b in pairs)], np.int64).T
    features = rng.normal(size=len(FEATURES)).astype(np.float32)
    return Graph(nodes, edges, np.zeros((edges.shape[1], EDGE_WIDTH), np.float32), features)


def examples(count: int, seed: int) -> Examples:
    """Workloads of two kinds, each with a recipe of its own, in families of four."""
    rng = np.random.default_rng(seed)
    kinds = rng.integers(0, 2, count)
    gains = np.where(kinds[:, None] == np.arange(2), 2.0, -1.0).astype(np.float32)
    family = np.arange(count) // 4
    runtime = np.where(np.arange(count) % 5, kinds - 8.0, np.nan).astype(np.float32)
    return Examples([graph(kind, rng) for kind in kinds], gains, runtime, family[:, None] == family)


def weights(model: Ensemble) -> list[np.ndarray]:
    return [value.detach().numpy().copy() for value in model.state_dict().values()]


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_equal_seeds_give_equal_weights(objective: str) -> None:
    settings = replace(SETTINGS, objective=objective, epochs=3)
    first, second, other = (train(examples(24, 0), replace(settings, seed=seed)) for seed in (1, 1, 2))
    assert all(map(np.array_equal, weights(first.model), weights(second.model)))
    assert not all(map(np.array_equal, weights(first.model), weights(other.model)))


def test_distance_comes_to_tell_good_donors() -> None:
    known, new = examples(64, 0), examples(24, 1)
    model = train(known, replace(SETTINGS, epochs=80, rate=1e-2)).model
    near = np.linalg.norm(vectors_of(model, new.graphs)[:, None] - vectors_of(model, known.graphs), axis=-1).argmin(1)
    agreed = (known.gains[near].argmax(1) == new.gains.argmax(1)).mean()
    assert agreed > 0.9


def test_training_that_is_stopped_goes_on_where_it_was(tmp_path: Path) -> None:
    class Stopped(Exception):
        pass

    def stop(epoch: int, loss: float, held_out: float) -> None:
        seen.append(epoch)
        if len(seen) == 7:
            raise Stopped

    seen: list[int] = []
    known, file = examples(32, 0), tmp_path / "state.pt"
    whole = train(known, SETTINGS, examples(16, 1))
    with pytest.raises(Stopped):
        train(known, SETTINGS, examples(16, 1), checkpoint=file, progress=stop)
    assert file.exists()
    resumed = train(known, SETTINGS, examples(16, 1), checkpoint=file, progress=stop)
    assert seen == [*range(7), *range(6, SETTINGS.epochs)], "the epoch that was not saved is done again"
    assert (resumed.epoch, resumed.held_out) == (whole.epoch, whole.held_out)
    assert all(map(np.array_equal, weights(resumed.model), weights(whole.model)))
    assert not file.exists()


def test_what_is_held_out_decides_when_to_stop() -> None:
    seen: list[float] = []
    trained = train(
        examples(32, 0), replace(SETTINGS, patience=2), examples(16, 1), progress=lambda *e: seen.append(e[2])
    )
    assert trained.held_out == min(seen) and trained.epoch == seen.index(min(seen))


def test_kin_do_not_donate() -> None:
    vectors = torch.tensor([[0.0], [0.1], [5.0]])
    said = Prediction(vectors, torch.zeros(3, 2), torch.zeros(3))
    gains = torch.tensor([[2.0, -1.0], [2.0, -1.0], [-1.0, 2.0]])
    strangers, kin = torch.eye(3, dtype=torch.bool), torch.ones(3, 3, dtype=torch.bool)
    pair = strangers.clone()
    pair[0, 1] = pair[1, 0] = True
    answers = [Answers(gains, torch.zeros(3), who) for who in (strangers, pair, kin)]
    losses = [float(donated(said, answer)) for answer in answers]
    assert losses[0] < losses[1] and np.isfinite(losses).all(), "without its kin, the first has the wrong donor only"
    assert np.isfinite([float(neighbourhood(said, answer)) for answer in answers]).all()
    assert float(neighbourhood(said, answers[2])) == 0.0


def test_no_graphs_have_no_vectors() -> None:
    assert vectors_of(Ensemble(2, SHAPE), []).shape == (0, 16)
