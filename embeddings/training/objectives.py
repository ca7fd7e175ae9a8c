"""What training minimises.

"regret" makes distance mean transfer regret. With `Y[p, s]` the gain of recipe `s` on workload `p`, and `s*(q)` the
best recipe of `q`, the regret of taking it over for `p` is `r(p <- q) = max_s Y[p, s] - Y[p, s*(q)]`: the softmax over
donors `q` of `-r / tau` is what the softmax of their negative distances should be; and gains should be what donors,
weighed by that softmax, predict. "profile" predicts all gains from the embedding. "runtime" is the objective of
Performance Embeddings (Truemper et al., ICS 2023): how long workloads take, and nothing of recipes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from dace_transfer.embeddings.gnn import Prediction

_LARGEST_GAIN = 4.0  # Beyond sixteen times as fast or slow, how much more does not matter.
_TAU = 0.25  # Doublings of time that tell a good recipe or donor from another.
_RANKING, _NEIGHBOURHOOD, _PROFILE, _RUNTIME = 0.2, 0.3, 0.3, 0.05  # Weights beside what donors predict.


@dataclass(frozen=True)
class Answers:
    """What is known about a batch of `n` workloads; see `Examples`."""

    gains: Tensor
    runtime: Tensor
    kin: Tensor

    @property
    def bounded(self) -> Tensor:
        """Gains within sensible bounds."""
        return self.gains.clamp(-_LARGEST_GAIN, _LARGEST_GAIN)

    @property
    def weights(self) -> Tensor:
        """How much there is to be gained on each workload; where there is little, any choice will do."""
        gains = self.bounded
        return (gains.max(dim=1).values - gains.mean(dim=1)).clamp(0.05, 2.0)


def regret(said: Prediction, answers: Answers) -> Tensor:
    """What donors predict, which donors are near, and, with less weight, gains and run time from the embedding."""
    beside = _PROFILE * profile(said, answers) + _RUNTIME * runtime(said, answers)
    return donated(said, answers) + _NEIGHBOURHOOD * neighbourhood(said, answers) + beside


def donated(said: Prediction, answers: Answers) -> Tensor:
    """Gains as donors predict them, each with the weight its distance gives it; kin do not donate."""
    shares = torch.softmax(_nearness(said, answers), dim=1).nan_to_num(0.0)
    return _missed(shares @ answers.bounded, answers)


def neighbourhood(said: Prediction, answers: Answers) -> Tensor:
    """Cross-entropy between donors by regret and donors by distance; kin do not donate."""
    gains = answers.bounded
    best, recipe = gains.max(dim=1)
    regrets = best[:, None] - gains[:, recipe]
    wanted = torch.softmax((-regrets / _TAU).masked_fill(answers.kin, -torch.inf), dim=1)
    found = torch.log_softmax(_nearness(said, answers), dim=1)
    alone = answers.kin.all(dim=1)
    entropy = -(wanted * found.masked_fill(answers.kin, 0.0)).sum(dim=1).masked_fill(alone, 0.0)
    weights = answers.weights.masked_fill(alone, 0.0)
    return (entropy * weights).sum() / weights.sum().clamp_min(1e-6)


def profile(said: Prediction, answers: Answers) -> Tensor:
    """Gains as the embedding itself tells them."""
    return _missed(said.gains, answers)


def runtime(said: Prediction, answers: Answers) -> Tensor:
    """How far predicted logarithms of run times are from measured ones."""
    known = ~answers.runtime.isnan()
    if not known.any():
        return said.runtime.sum() * 0.0
    return functional.smooth_l1_loss(said.runtime[known], answers.runtime[known])


def _nearness(said: Prediction, answers: Answers) -> Tensor:
    distances = torch.cdist(said.vectors, said.vectors)
    return (-distances).masked_fill(answers.kin, -torch.inf)


def _missed(gains: Tensor, answers: Answers) -> Tensor:
    """How far predicted gains are from measured ones, and whether they rank recipes alike."""
    measured, weights = answers.bounded, answers.weights
    wanted = torch.softmax(measured / _TAU, dim=1)
    ranked = -(wanted * torch.log_softmax(gains / _TAU, dim=1)).sum(dim=1)
    return functional.smooth_l1_loss(gains, measured) + _RANKING * (ranked * weights).sum() / weights.sum()


OBJECTIVES: Mapping[str, Callable[[Prediction, Answers], Tensor]] = {
    "regret": regret,
    "profile": profile,
    "runtime": runtime,
}
"""What may be trained for, by name."""
