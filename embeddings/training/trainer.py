"""Train an encoder: deterministic, resumable, stopped early by families it has not seen."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from dace_transfer.embeddings.gnn import GraphEncoder, Shape, batch_of
from dace_transfer.embeddings.graph import Graph
from dace_transfer.embeddings.training.examples import Examples
from dace_transfer.embeddings.training.objectives import OBJECTIVES, Answers

Progress = Callable[[int, float, float], None]
"""Hears of every epoch: its number, the loss in training, and on what was held out."""


@dataclass(frozen=True)
class Settings:
    """How an encoder is trained.

    Attributes:
        objective: One of `OBJECTIVES`.
        shape: How large the network is.
        epochs: Passes over the examples, at most.
        patience: Epochs without an improvement on what is held out after which training ends.
        batch: Workloads of a step; donors are looked for among them.
        rate: Largest learning rate.
        decay: Weight decay.
        seed: Of initial weights, batches and dropout.
    """

    objective: str = "regret"
    shape: Shape = field(default_factory=Shape)
    epochs: int = 40
    patience: int = 40
    batch: int = 1024
    rate: float = 3e-3
    decay: float = 3e-2
    seed: int = 0


@dataclass(frozen=True)
class Trained:
    """An encoder as it was when it did best.

    Attributes:
        model: Ready to encode.
        epoch: When that was.
        held_out: Its loss on what was held out, or in training where nothing was.
    """

    model: GraphEncoder
    epoch: int
    held_out: float


def train(
    examples: Examples,
    held_out: Examples | None = None,
    settings: Settings = Settings(),
    *,
    start: GraphEncoder | None = None,
    checkpoint: Path | None = None,
    progress: Progress | None = None,
) -> Trained:
    """Train an encoder; equal examples and settings give equal weights on one machine.

    Args:
        examples: What is learnt from.
        held_out: Workloads of other families, which decide when to stop; all epochs are trained without.
        settings: How.
        start: Weights to go on from; random ones by default.
        checkpoint: File the state is kept in after every epoch; training goes on from it where it exists and was
            made with the same settings. It is removed at the end.
        progress: Hears of every epoch.

    Raises:
        KeyError: There is no such objective.
    """
    objective = OBJECTIVES[settings.objective]
    torch.manual_seed(settings.seed)
    model = GraphEncoder(examples.gains.shape[1], settings.shape) if start is None else copy.deepcopy(start)
    optimiser = torch.optim.AdamW(model.parameters(), lr=settings.rate, weight_decay=settings.decay)
    steps = -(-len(examples) // settings.batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, settings.rate, total_steps=settings.epochs * steps)
    best, first = Trained(copy.deepcopy(model), -1, float("inf")), 0
    if checkpoint is not None and checkpoint.exists():
        best, first = _resume(checkpoint, settings, model, optimiser, schedule) or (best, first)
    for epoch in range(first, settings.epochs):
        rng = np.random.default_rng([settings.seed, epoch])
        torch.manual_seed(settings.seed * 100_003 + epoch)
        total = 0.0
        model.train()
        for rows in _batches(len(examples), settings.batch, rng):
            part = examples.only(rows)
            optimiser.zero_grad()
            loss = objective(model(batch_of(part.graphs)), answers_of(part))
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            total += float(loss.detach()) * len(rows) / len(examples)
        judged = total if held_out is None else loss_on(model, held_out, settings.objective)
        if held_out is None or judged < best.held_out:
            best = Trained(copy.deepcopy(model), epoch, judged)
        if progress is not None:
            progress(epoch, total, judged)
        if checkpoint is not None:
            _save(checkpoint, settings, epoch, best, model, optimiser, schedule)
        if epoch - best.epoch >= settings.patience:
            break
    if checkpoint is not None:
        checkpoint.unlink(missing_ok=True)
    best.model.eval()
    return best


def _batches(count: int, size: int, rng: np.random.Generator) -> Iterator[NDArray[np.int64]]:
    yield from np.array_split(rng.permutation(count), max(1, -(-count // size)))


def answers_of(examples: Examples) -> Answers:
    """What is known about examples, as tensors."""
    return Answers(
        torch.from_numpy(examples.gains),
        torch.from_numpy(examples.runtime),
        torch.from_numpy(examples.kin),
    )


@torch.no_grad()
def loss_on(model: GraphEncoder, examples: Examples, objective: str) -> float:
    """The objective on workloads that are not trained on."""
    model.eval()
    return float(OBJECTIVES[objective](model(batch_of(examples.graphs)), answers_of(examples)))


@torch.no_grad()
def vectors_of(model: GraphEncoder, graphs: Sequence[Graph], batch: int = 256) -> NDArray[np.float32]:
    """Embed graphs, shape `(n, dimension)`."""
    model.eval()
    parts = [model.embed(batch_of(graphs[i : i + batch])).numpy() for i in range(0, len(graphs), batch)]
    return np.concatenate(parts) if parts else np.zeros((0, model.dimension), np.float32)


def _save(
    file: Path, settings: Settings, epoch: int, best: Trained, model: GraphEncoder, optimiser: Any, schedule: Any
) -> None:
    state = {
        "settings": asdict(settings),
        "epoch": epoch,
        "best": (best.model.state_dict(), best.epoch, best.held_out),
        "model": model.state_dict(),
        "optimiser": optimiser.state_dict(),
        "schedule": schedule.state_dict(),
    }
    part = file.with_suffix(".part")
    torch.save(state, part)
    part.replace(file)


def _resume(
    file: Path, settings: Settings, model: GraphEncoder, optimiser: Any, schedule: Any
) -> tuple[Trained, int] | None:
    state = torch.load(file, weights_only=True)
    if state["settings"] != asdict(settings):
        return None
    best = copy.deepcopy(model)
    best.load_state_dict(state["best"][0])
    model.load_state_dict(state["model"])
    optimiser.load_state_dict(state["optimiser"])
    schedule.load_state_dict(state["schedule"])
    return Trained(best, state["best"][1], state["best"][2]), state["epoch"] + 1
