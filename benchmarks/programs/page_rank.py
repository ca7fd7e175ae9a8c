"""Ranks of pages by how many links of ranked pages lead to them."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes
from benchmarks.programs.sparsity import row_starts

PAGES, LINKS, STEPS = (dace.symbol(name) for name in ("PAGES", "LINKS", "STEPS"))


@dace.program
def page_rank(
    damping: dace.float64,
    starts: dace.int32[PAGES + 1],
    sources: dace.int32[LINKS],
    degree: dace.int32[PAGES],
    rank: dace.float64[PAGES],
) -> None:
    for _ in range(STEPS):
        share = rank / degree
        for page in dace.map[0:PAGES]:
            received = 0.0
            for link in range(starts[page], starts[page + 1]):
                received += share[sources[link]]
            rank[page] = (1.0 - damping) / PAGES + damping * received


def reference(
    damping: float, starts: np.ndarray, sources: np.ndarray, degree: np.ndarray, rank: np.ndarray, STEPS: int
) -> None:
    pages = np.repeat(np.arange(len(rank)), np.diff(starts))
    for _ in range(STEPS):
        received = np.bincount(pages, weights=rank[sources] / degree[sources], minlength=len(rank))
        rank[:] = (1.0 - damping) / len(rank) + damping * received


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    pages, links = sizes["PAGES"], sizes["LINKS"]
    sources = rng.integers(pages, size=links, dtype=np.int32)
    return {
        "damping": 0.85,
        "starts": row_starts(pages, links, rng),
        "sources": sources,
        "degree": np.maximum(np.bincount(sources, minlength=pages), 1).astype(np.int32),
        "rank": np.full(pages, 1.0 / pages),
        "STEPS": sizes["STEPS"],
    }


PROGRAM = Program(
    name="page_rank",
    family="graph",
    program=page_rank,
    sizes={
        "S": {"PAGES": 3000, "LINKS": 30000, "STEPS": 6},
        "M": {"PAGES": 50000, "LINKS": 800000, "STEPS": 12},
    },
    make_inputs=make_inputs,
    reference=reference,
    outputs=("rank",),
    description="PageRank steps, pulled along incoming links",
)
