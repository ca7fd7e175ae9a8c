"""Fewest edits between beginnings of two texts, one anti-diagonal after the other."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

ROWS, COLUMNS = (dace.symbol(name) for name in ("ROWS", "COLUMNS"))


@dace.program
def edit_distance(
    first: dace.int32[ROWS], second: dace.int32[COLUMNS], table: dace.int32[ROWS + 1, COLUMNS + 1]
) -> None:
    for i in range(ROWS + 1):
        table[i, 0] = i
    for j in range(COLUMNS + 1):
        table[0, j] = j
    for diagonal in range(2, ROWS + COLUMNS + 1):
        for i in range(max(1, diagonal - COLUMNS), min(ROWS, diagonal - 1) + 1):
            change = 1
            if first[i - 1] == second[diagonal - i - 1]:
                change = 0
            edited = min(table[i - 1, diagonal - i], table[i, diagonal - i - 1]) + 1
            table[i, diagonal - i] = min(edited, table[i - 1, diagonal - i - 1] + change)


def reference(first: np.ndarray, second: np.ndarray, table: np.ndarray) -> None:
    ramp = np.arange(len(second) + 1)
    table[0] = ramp
    for i, letter in enumerate(first):
        table[i + 1, 0] = i + 1
        table[i + 1, 1:] = np.minimum(table[i, 1:] + 1, table[i, :-1] + (second != letter))
        table[i + 1] = np.minimum.accumulate(table[i + 1] - ramp) + ramp


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    rows, columns = sizes["ROWS"], sizes["COLUMNS"]
    return {
        "first": rng.integers(4, size=rows, dtype=np.int32),
        "second": rng.integers(4, size=columns, dtype=np.int32),
        "table": np.full((rows + 1, columns + 1), -1, dtype=np.int32),
    }


PROGRAM = Program(
    name="edit_distance",
    family="dynamic_programming",
    program=edit_distance,
    sizes={"S": {"ROWS": 200, "COLUMNS": 220}, "M": {"ROWS": 2000, "COLUMNS": 2200}},
    make_inputs=make_inputs,
    reference=reference,
    outputs=("table",),
    description="edit distance of two texts by anti-diagonals, in integers",
)
