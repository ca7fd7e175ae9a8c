"""Train an encoder on all that a database holds, and ask what it recovers on families it has not seen."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from dace_transfer.embeddings import Encoder
from dace_transfer.embeddings.training.settings import Settings
from dace_transfer.errors import StoreError
from dace_transfer.hardware import describe_cpu
from dace_transfer.learning.comparison import DONORS, Sources, trained
from dace_transfer.learning.evaluation import Row, evaluate
from dace_transfer.learning.trained import Progress, examples_of

_NAME = "learnt"  # Of the trained encoder's rows.
_BESIDE = ("portfolio", "features")  # What it is compared with.


def train(
    sources: Sources,
    settings: Settings,
    file: Path,
    *,
    start: Path | None = None,
    resume: bool = False,
    progress: Progress | None = None,
) -> Encoder:
    """Train an encoder on all workloads and write its weights; the state is kept beside them after every epoch.

    Args:
        sources: What is learnt.
        settings: How; the shape is that of `start` where there is one.
        file: Where the weights go.
        start: Weights to go on from; what is said of recipes begins anew where these are others.
        resume: Whether to go on where a training with equal settings and outcomes was stopped.
        progress: Hears of every epoch.

    Returns:
        The encoder, as it reads from the file.

    Raises:
        StoreError: No workload can be encoded, or the weights to go on from cannot be read.
    """
    # torch takes seconds to load, and nothing but training needs it.
    from dace_transfer.embeddings.learnt import load_weights, save_weights, started
    from dace_transfer.embeddings.training.trainer import train as fit

    profiles = sources.profiles
    examples = examples_of(profiles, sources.graphs, np.arange(len(profiles.digests)))
    if not len(examples):
        raise StoreError("None of the workloads of the database can be encoded as a graph.")
    state = file.with_name(file.name + ".state")
    if not resume:
        state.unlink(missing_ok=True)
    first = None if start is None else started(load_weights(start, describe_cpu()), profiles.recipes)
    done = fit(examples, settings, start=first, checkpoint=state, progress=progress)
    save_weights(file, done.model, profiles.recipes, settings.objective)
    return load_weights(file, describe_cpu())


def judge(sources: Sources, settings: Settings, count: int, progress: Progress | None = None) -> list[Row]:
    """Train anew without each of some groups of families, and compare what the encoders recover there.

    Args:
        sources: All outcomes.
        settings: How is trained.
        count: Groups that families are left out in.
        progress: Hears of every epoch of every training.
    """
    donors = [*(DONORS[name](sources) for name in _BESIDE), trained(_NAME, sources, settings, progress)]
    return evaluate(sources.profiles, donors, count=count, seed=settings.seed)
