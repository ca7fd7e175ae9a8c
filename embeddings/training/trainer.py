"""Train an encoder: deterministic, resumable, stopped early by families it has not seen."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from dace_transfer.embeddings.gnn import Ensemble, Prediction, batch_of
from dace_transfer.embeddings.graph import Graph
from dace_transfer.embeddings.threads import one_thread
from dace_transfer.embeddings.training.examples import Examples
from dace_transfer.embeddings.training.objectives import OBJECTIVES, Answers
from dace_transfer.embeddings.training.settings import Settings
from dace_transfer.whole import whole

Progress = Callable[[int, float, float], None]
"""Hears of every epoch: its number, the loss in training, and on what was held out."""


@dataclass(frozen=True)
class Trained:
    """An encoder as it was when it did best.

    Attributes:
        model: Ready to encode.
        epoch: When that was.
        held_out: Its loss on what was held out, or in training where nothing was.
    """

    model: Ensemble
    epoch: int
    held_out: float


def train(
    examples: Examples,
    settings: Settings,
    held_out: Examples | None = None,
    *,
    start: Ensemble | None = None,
    checkpoint: Path | None = None,
    progress: Progress | None = None,
) -> Trained:
    """Train an encoder; equal examples and settings give equal weights on one machine.

    Args:
        examples: What is learnt from.
        settings: How.
        held_out: Workloads of other families, which decide which epoch was best; all epochs are trained without. The
            last one is taken where there are none.
        start: Weights to go on from, of the same shape; random ones by default.
        checkpoint: File the state is kept in after every epoch; training goes on from it where it exists and was
            made with the same settings and examples. It is removed at the end.
        progress: Hears of every epoch.

    Raises:
        KeyError: There is no such objective.
    """
    with one_thread():
        run = _Run.begin(examples, settings, start)
        if checkpoint is not None and checkpoint.exists():
            run.resume(checkpoint)
        while run.epoch < settings.epochs and run.epoch - run.best.epoch <= settings.patience:
            total = run.pass_over(examples)
            judged = total if held_out is None else loss_on(run.model, held_out, settings.objective)
            run.judge(judged, always=held_out is None)
            if progress is not None:
                progress(run.epoch, total, judged)
            run.epoch += 1
            if checkpoint is not None:
                run.save(checkpoint)
    if checkpoint is not None:
        checkpoint.unlink(missing_ok=True)
    run.best.model.eval()
    return run.best


@dataclass
class _Run:
    """The state of a training between two epochs."""

    settings: Settings
    known: str
    model: Ensemble
    optimiser: Any
    schedule: Any
    best: Trained
    epoch: int = 0

    @classmethod
    def begin(cls, examples: Examples, settings: Settings, start: Ensemble | None) -> _Run:
        torch.manual_seed(settings.seed)
        if start is None:
            model = Ensemble(examples.gains.shape[1], settings.shape)
            features = np.stack([graph.features for graph in examples.graphs])
            model.standardise(torch.from_numpy(features), torch.from_numpy(examples.runtime))
        else:
            model = copy.deepcopy(start)
        optimiser = torch.optim.AdamW(model.parameters(), lr=settings.rate, weight_decay=settings.decay)
        steps = settings.epochs * _steps(len(examples), settings.batch)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, settings.rate, total_steps=steps)
        known = hashlib.sha256(examples.gains.tobytes() + examples.runtime.tobytes()).hexdigest()
        return cls(settings, known, model, optimiser, schedule, Trained(copy.deepcopy(model), 0, float("inf")))

    def pass_over(self, examples: Examples) -> float:
        """Train for one epoch and return its mean loss."""
        rng = np.random.default_rng([self.settings.seed, self.epoch])
        torch.manual_seed(self.settings.seed * 100_003 + self.epoch)
        self.model.train()
        total = 0.0
        for rows in self._batches(len(examples), rng):
            total += self._step(examples.only(rows)) * len(rows)
        return total / len(examples)

    def judge(self, loss: float, *, always: bool) -> None:
        """Keep the weights where they are the best so far, or always."""
        if always or loss < self.best.held_out:
            self.best = Trained(copy.deepcopy(self.model), self.epoch, loss)

    def _batches(self, count: int, rng: np.random.Generator) -> Iterator[NDArray[np.int64]]:
        yield from np.array_split(rng.permutation(count), _steps(count, self.settings.batch))

    def _step(self, part: Examples) -> float:
        self.optimiser.zero_grad()
        loss = _loss(self.settings.objective, self.model(batch_of(part.graphs)), answers_of(part))
        loss.backward()  # type: ignore[no-untyped-call]
        for member in self.model.members:
            torch.nn.utils.clip_grad_norm_(member.parameters(), 1.0 / len(self.model.members))
        self.optimiser.step()
        self.schedule.step()
        return float(loss.detach())

    def save(self, file: Path) -> None:
        """Write the state; the file is always a whole one."""
        state = {
            "settings": asdict(self.settings),
            "known": self.known,
            "epoch": self.epoch,
            "best": (self.best.model.state_dict(), self.best.epoch, self.best.held_out),
            "model": self.model.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "schedule": self.schedule.state_dict(),
        }
        with whole(file) as part:
            torch.save(state, part)

    def resume(self, file: Path) -> None:
        """Go on from a file, unless it is about other settings or examples."""
        state = torch.load(file, weights_only=True)
        if (state["settings"], state["known"]) != (asdict(self.settings), self.known):
            return
        best = copy.deepcopy(self.model)
        best.load_state_dict(state["best"][0])
        self.best = Trained(best, state["best"][1], state["best"][2])
        self.model.load_state_dict(state["model"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.schedule.load_state_dict(state["schedule"])
        self.epoch = state["epoch"]


def _steps(count: int, batch: int) -> int:
    return max(1, -(-count // batch))


def _loss(objective: str, said: Sequence[Prediction], answers: Answers) -> torch.Tensor:
    """The mean over the members of an ensemble, each of which learns as if it were alone."""
    return torch.stack([OBJECTIVES[objective](prediction, answers) for prediction in said]).mean()


def answers_of(examples: Examples) -> Answers:
    """What is known about examples, as tensors."""
    return Answers(
        torch.from_numpy(examples.gains),
        torch.from_numpy(examples.runtime),
        torch.from_numpy(examples.kin),
    )


@torch.no_grad()
def loss_on(model: Ensemble, examples: Examples, objective: str) -> float:
    """The objective on workloads that are not trained on."""
    model.eval()
    return float(_loss(objective, model(batch_of(examples.graphs)), answers_of(examples)))


@torch.no_grad()
def predict(model: Ensemble, graphs: Sequence[Graph], batch: int = 256) -> Prediction:
    """What a trained encoder says of `n` graphs, in batches and on one thread."""
    model.eval()
    with one_thread():
        parts = [model.mean(batch_of(graphs[i : i + batch])) for i in range(0, len(graphs), batch)]
    if not parts:
        return Prediction(torch.zeros(0, model.dimension), torch.zeros(0, 0), torch.zeros(0))
    return Prediction(*(torch.cat(pieces) for pieces in zip(*parts, strict=True)))


def vectors_of(model: Ensemble, graphs: Sequence[Graph]) -> NDArray[np.float32]:
    """Embed graphs, shape `(n, dimension)`."""
    vectors: NDArray[np.float32] = predict(model, graphs).vectors.numpy()
    return vectors
