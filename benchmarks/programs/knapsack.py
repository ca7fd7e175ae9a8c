"""The best value of every capacity, one item after the other."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

ITEMS, CAPACITY = (dace.symbol(name) for name in ("ITEMS", "CAPACITY"))


@dace.program
def knapsack(weights: dace.int32[ITEMS], values: dace.int64[ITEMS], best: dace.int64[ITEMS + 1, CAPACITY + 1]) -> None:
    best[0, :] = 0
    for item in range(ITEMS):
        for room in range(CAPACITY + 1):
            best[item + 1, room] = best[item, room]
            if room >= weights[item]:
                best[item + 1, room] = max(best[item, room], best[item, room - weights[item]] + values[item])


def reference(weights: np.ndarray, values: np.ndarray, best: np.ndarray) -> None:
    best[0] = 0
    for item, (weight, value) in enumerate(zip(weights, values, strict=True)):
        best[item + 1] = best[item]
        best[item + 1, weight:] = np.maximum(best[item, weight:], best[item, :-weight] + value)


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    items, capacity = sizes["ITEMS"], sizes["CAPACITY"]
    return {
        "weights": rng.integers(1, max(capacity // 10, 2), size=items, dtype=np.int32),
        "values": rng.integers(1, 1000, size=items),
        "best": np.full((items + 1, capacity + 1), -1, dtype=np.int64),
    }


PROGRAM = Program(
    name="knapsack",
    family="dynamic_programming",
    program=knapsack,
    sizes={"S": {"ITEMS": 60, "CAPACITY": 3000}, "M": {"ITEMS": 400, "CAPACITY": 20000}},
    make_inputs=make_inputs,
    reference=reference,
    outputs=("best",),
    description="knapsack tables in integers, with offsets read from the data",
)
