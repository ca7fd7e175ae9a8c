"""Trapezoid rule along the last axis, with uneven spacing."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator,no-untyped-def"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

ROWS, NODES = (dace.symbol(name) for name in ("ROWS", "NODES"))


@dace.program
def quadrature(values: dace.float64[ROWS, NODES], nodes: dace.float64[NODES]):
    width = nodes[1:] - nodes[:-1]
    return 0.5 * np.sum((values[:, 1:] + values[:, :-1]) * width, axis=1)


def reference(values: np.ndarray, nodes: np.ndarray) -> np.ndarray:
    return np.asarray(np.trapezoid(values, nodes, axis=1))


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    rows, nodes = sizes["ROWS"], sizes["NODES"]
    return {"values": rng.random((rows, nodes)), "nodes": np.cumsum(rng.random(nodes))}


PROGRAM = Program(
    name="quadrature",
    family="quadrature",
    program=quadrature,
    sizes={"S": {"ROWS": 80, "NODES": 70}, "M": {"ROWS": 3000, "NODES": 2000}},
    make_inputs=make_inputs,
    reference=reference,
    outputs=("__return",),
    description="trapezoid rule along the last axis",
)
