"""Sums of a few rows of a table, picked by indices."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

BAGS, LENGTH, WORDS, WIDTH = (dace.symbol(name) for name in ("BAGS", "LENGTH", "WORDS", "WIDTH"))


@dace.program
def embedding_bag(
    words: dace.int32[BAGS, LENGTH], table: dace.float32[WORDS, WIDTH], sums: dace.float32[BAGS, WIDTH]
) -> None:
    for bag, channel in dace.map[0:BAGS, 0:WIDTH]:
        total = np.float32(0)
        for position in range(LENGTH):
            total += table[words[bag, position], channel]
        sums[bag, channel] = total


def reference(words: np.ndarray, table: np.ndarray, sums: np.ndarray) -> None:
    sums[:] = table[words].sum(axis=1)


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    bags, length, words, width = sizes["BAGS"], sizes["LENGTH"], sizes["WORDS"], sizes["WIDTH"]
    return {
        "words": rng.integers(words, size=(bags, length), dtype=np.int32),
        "table": rng.random((words, width), dtype=np.float32),
        "sums": np.zeros((bags, width), dtype=np.float32),
    }


PROGRAM = Program(
    name="embedding_bag",
    family="gather",
    program=embedding_bag,
    sizes={
        "S": {"BAGS": 800, "LENGTH": 16, "WORDS": 2000, "WIDTH": 48},
        "M": {"BAGS": 8000, "LENGTH": 24, "WORDS": 30000, "WIDTH": 96},
    },
    make_inputs=make_inputs,
    reference=reference,
    outputs=("sums",),
    description="sums of table rows picked by integer indices",
    rtol=1e-5,
)
