"""A synthetic workload: what becomes of any recipe on it is computed, so that searches can be compared."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from dace_transfer.search import Outcome
from dace_transfer.transformations import Do, Recipe, parse_recipe
from dace_transfer.transformations.rewriting import steps_of
from dace_transfer.verdict import Verdict

_ABSENT = {"loops", "reductions", "libraries"}
_BEST = "recipe best\nfuse all_maps\ntile maps sizes=64\nlocal_storage inner_maps\nvectorize inner_maps width=8\n"


def outcome(recipe: Recipe) -> Outcome:
    """What becomes of a recipe on a workload of elementwise maps, best fused, tiled, buffered and vectorised."""
    total, done = 0.0, set[str]()
    for do in steps_of(recipe.body):
        gain = _gain(do.step, done)
        if gain is None and do.on_fail == "abort":
            return Outcome(recipe, Verdict.NOT_APPLICABLE)
        total += gain or 0.0
        done |= set() if gain is None else {do.step.name}
    return Outcome(recipe, Verdict.FASTER if total > 0.1 else Verdict.SLOWER, 2.0**total)


def _gain(step: Any, done: set[str]) -> float | None:
    if getattr(step, "target", "").partition("[")[0] in _ABSENT:
        return None
    if step.name in done and step.name != "schedule":
        return None
    if step.name == "fuse":
        return None if "tile" in done else 0.5
    if step.name == "tile":
        size = step.sizes[0] or 1
        return (1.0 if "fuse" in done else 0.2) - 0.15 * abs(size.bit_length() - 7)
    if step.name == "local_storage":
        return (0.5 if step.position == 0 else -0.2) if "tile" in done else None
    if step.name == "vectorize":
        return {8: 0.6, 4: 0.4}.get(step.width, 0.1) if "fuse" in done else None
    return -0.3 if step.name in ("schedule", "storage") else -0.05


@pytest.fixture
def landscape() -> Callable[[Recipe], Outcome]:
    return outcome


@pytest.fixture
def best_gain() -> float:
    gain = outcome(parse_recipe(_BEST)).gain
    assert gain is not None
    return gain


@pytest.fixture
def parents() -> list[Recipe]:
    texts = ("recipe keep\n", "recipe fuse\nfuse all_maps\n", "recipe tile\ntile maps sizes=?size{8|16|32}\n")
    return [parse_recipe(text) for text in texts]


@pytest.fixture
def run() -> Callable[..., Iterator[Outcome]]:
    """Asks a strategy and tells it a landscape's answers, forever; yields every outcome."""

    def running(strategy: Any, answer: Callable[[Recipe], Outcome], count: int = 8) -> Iterator[Outcome]:
        while proposals := strategy.ask(count):
            outcomes = [answer(proposal.recipe) for proposal in proposals]
            strategy.tell(outcomes)
            yield from outcomes

    return running


@pytest.fixture
def step() -> Callable[[str], Do]:
    """A step by its text."""

    def parsed(text: str) -> Do:
        return next(steps_of(parse_recipe(f"recipe one\n{text}\n").body))

    return parsed


@pytest.fixture
def np_vector() -> Callable[[float], Any]:
    """A workload's vector at a place on a line."""
    return lambda place: np.array([place, 1.0], np.float32)
