"""Log-likelihood of points under a mixture of Gaussians with diagonal covariances."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

POINTS, PARTS, DIMS = (dace.symbol(name) for name in ("POINTS", "PARTS", "DIMS"))


@dace.program
def mixture_likelihood(
    points: dace.float64[POINTS, DIMS],
    means: dace.float64[PARTS, DIMS],
    precisions: dace.float64[PARTS, DIMS],
    log_weights: dace.float64[PARTS],
    likelihoods: dace.float64[POINTS],
    total: dace.float64[1],
) -> None:
    scores = np.empty((POINTS, PARTS), dtype=np.float64)
    for p in dace.map[0:POINTS]:
        for c in range(PARTS):
            square = 0.0
            scale = 0.0
            for d in range(DIMS):
                offset = points[p, d] - means[c, d]
                square += precisions[c, d] * offset * offset
                scale += np.log(precisions[c, d])
            scores[p, c] = log_weights[c] + 0.5 * (scale - square - 1.8378770664093453 * DIMS)
    peak = np.max(scores, axis=1)
    likelihoods[:] = peak + np.log(np.sum(np.exp(scores - peak[:, np.newaxis]), axis=1))
    total[0] = np.sum(likelihoods)


def reference(
    points: np.ndarray,
    means: np.ndarray,
    precisions: np.ndarray,
    log_weights: np.ndarray,
    likelihoods: np.ndarray,
    total: np.ndarray,
) -> None:
    density = np.zeros(len(points))
    for mean, precision, log_weight in zip(means, precisions, log_weights, strict=True):
        square = (points - mean) ** 2 @ precision
        density += np.exp(log_weight - 0.5 * square) * np.sqrt(np.prod(precision / (2.0 * np.pi)))
    likelihoods[:] = np.log(density)
    total[0] = likelihoods.sum()


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    points, parts, dims = sizes["POINTS"], sizes["PARTS"], sizes["DIMS"]
    return {
        "points": rng.standard_normal((points, dims)),
        "means": rng.standard_normal((parts, dims)),
        "precisions": rng.uniform(0.3, 2.0, (parts, dims)),
        "log_weights": np.log(rng.dirichlet(np.ones(parts))),
        "likelihoods": np.zeros(points),
        "total": np.zeros(1),
    }


PROGRAM = Program(
    name="mixture_likelihood",
    family="pairwise",
    program=mixture_likelihood,
    sizes={"S": {"POINTS": 3000, "PARTS": 5, "DIMS": 6}, "M": {"POINTS": 60000, "PARTS": 12, "DIMS": 10}},
    make_inputs=make_inputs,
    reference=reference,
    outputs=("likelihoods", "total"),
    description="log-likelihood of a Gaussian mixture, through a stable log-sum-exp",
)
