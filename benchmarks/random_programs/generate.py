"""Puts programs together out of pieces, and throws away those that compute nothing sensible."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping

import numpy as np

from benchmarks.random_programs import anything, indirect, products, reductions, slices, stencils
from benchmarks.random_programs.program import Array, RandomProgram, Values
from benchmarks.random_programs.writer import SYMBOLS, Writer

_ATTEMPTS = 100
_LARGEST = 1e3
_SMALLEST_SIZE, _LARGEST_SIZE = 3, 9
_NUDGE = 64.0
"""Rounding errors by which arguments are moved to see how well conditioned a program is."""

Kind = Callable[[Writer], None]

KINDS: Mapping[Kind, float] = {
    anything.anything: 24,
    anything.pointwise: 8,
    anything.branches: 6,
    anything.local_rows: 4,
    products.matrix_product: 10,
    products.triangular_product: 4,
    products.matrix_vector: 6,
    products.normal_product: 2,
    products.outer_product: 3,
    products.contraction: 2,
    reductions.scalar_reduction: 5,
    reductions.element_reduction: 5,
    reductions.triangular_reduction: 3,
    reductions.statistics: 3,
    reductions.prefix: 5,
    reductions.running: 2,
    reductions.triangular_solve: 2,
    reductions.factorisation: 2,
    reductions.several: 2,
    stencils.jacobi: 7,
    stencils.in_place: 5,
    stencils.padded: 3,
    stencils.staggered: 3,
    stencils.vertical: 3,
    stencils.grids: 3,
    indirect.gather: 3,
    indirect.histogram: 3,
    indirect.scatter: 1,
    indirect.sparse_product: 2,
    slices.whole: 4,
    slices.made_by_expression: 3,
    slices.parts: 4,
    slices.broadcast: 2,
    slices.axis_reduction: 3,
    slices.total: 2,
    slices.rows: 4,
    slices.sweeps: 2,
}
_INTEGER_KINDS: Mapping[Kind, float] = {anything.anything: 5, anything.pointwise: 3, anything.branches: 2}


FAMILIES: Mapping[str, frozenset[Kind]] = {
    "anything": frozenset((anything.anything,)),
    "elementwise": frozenset(
        (
            anything.pointwise,
            anything.branches,
            anything.local_rows,
            slices.whole,
            slices.made_by_expression,
            slices.parts,
            slices.broadcast,
            slices.rows,
        )
    ),
    "factorisation": frozenset((reductions.triangular_solve, reductions.factorisation)),
    "gather": frozenset((indirect.gather,)),
    "gemm": frozenset((products.matrix_product, products.triangular_product, products.normal_product)),
    "histogram": frozenset((indirect.histogram, indirect.scatter)),
    "matvec": frozenset((products.matrix_vector, products.outer_product)),
    "normalisation": frozenset((reductions.statistics,)),
    "reduction": frozenset(
        (
            reductions.scalar_reduction,
            reductions.element_reduction,
            reductions.triangular_reduction,
            reductions.several,
            slices.axis_reduction,
            slices.total,
        )
    ),
    "scan": frozenset((reductions.prefix, reductions.running, slices.sweeps)),
    "softmax": frozenset((reductions.statistics,)),
    "sparse": frozenset((indirect.sparse_product,)),
    "stencil": frozenset((stencils.jacobi, stencils.in_place, stencils.padded, stencils.staggered, stencils.grids)),
    "tensor": frozenset((products.contraction,)),
    "tridiagonal": frozenset((stencils.vertical,)),
}
"""The kernel families each kind belongs to, by the names the programs of the benchmark set use too."""


def generate(seed: int, pieces: int | None = None) -> RandomProgram:
    """Make the program of this seed, always the same one: of so many pieces, or of one to four.

    Raises:
        RuntimeError: No attempt gave a sensible program.
    """
    for attempt in range(_ATTEMPTS):
        program = _attempt(seed, random.Random(f"{seed}/{attempt}"), pieces)
        if sensible(program):
            return program
    raise RuntimeError(f"No attempt for the seed {seed} gave a sensible program.")


def _attempt(seed: int, rng: random.Random, pieces: int | None) -> RandomProgram:
    dtype = rng.choices(("float64", "float32", "int64"), (84, 9, 7))[0]
    symbols = SYMBOLS[: rng.choice((1, 2, 2, 3, 3, 4))]
    sizes = dict(zip(symbols, rng.sample(range(_SMALLEST_SIZE, _LARGEST_SIZE + 1), len(symbols)), strict=True))
    writer = Writer(rng, dtype, symbols)
    kinds = _INTEGER_KINDS if dtype == "int64" else KINDS
    chosen = rng.choices(list(kinds), list(kinds.values()), k=pieces or rng.choice((1, 1, 2, 2, 3, 4)))
    for kind in chosen:
        kind(writer)
    writer.features.add(dtype)
    name = f"random_{seed}"
    used = set(re.findall(r"\w+", " ".join(writer.lines)))
    arguments = tuple(array for array in writer.arguments if array.name in used)
    parameters = ", ".join(f"{array.name}: {_annotation(array)}" for array in arguments)
    source = "\n".join(("@dace.program", f"def {name}({parameters}):", *writer.lines, ""))
    families = frozenset(family for family, members in FAMILIES.items() if not members.isdisjoint(chosen))
    return RandomProgram(seed, name, source, sizes, arguments, frozenset(writer.features), families)


def _annotation(array: Array) -> str:
    return f"dace.{array.dtype}" + (f"[{', '.join(map(str, array.dims))}]" if array.dims else "")


def sensible(program: RandomProgram) -> bool:
    """Whether it stays in its arrays, changes something, and its results are moderate and well conditioned."""
    before, after = program.make_arguments(0), program.make_arguments(0)
    try:
        with np.errstate(all="ignore"):
            program.reference(after, checked=True)
            nudged = nudge(program.make_arguments(0))
            program.reference(nudged)
    except (IndexError, UnboundLocalError):
        return False
    arrays = [name for name, value in before.items() if np.ndim(value)]
    moderate = all(np.all(np.abs(after[name]) < _LARGEST) for name in arrays)
    changed = any(not np.array_equal(before[name], after[name]) for name in arrays)
    return moderate and changed and all(np.all(distance(nudged[n], after[n]) < _far(after[n])) for n in arrays)


def nudge(arguments: Values) -> Values:
    """Arguments moved by some rounding errors; integers stay."""
    rng = np.random.default_rng(1)
    for name, value in arguments.items():
        if np.asarray(value).dtype.kind == "f":
            factor = 1 + _NUDGE * np.finfo(value.dtype).eps * rng.uniform(-1, 1, np.shape(value))
            arguments[name] = np.asarray(value * factor).astype(value.dtype)[()]
    return arguments


def distance(found: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """Error per element, relative to the array's largest one or to 1."""
    scale = max(1.0, float(np.max(np.abs(expected), initial=0.0)))
    difference: np.ndarray = np.abs(found.astype(np.float64) - expected) / scale
    return difference


def _far(array: np.ndarray) -> float:
    return 100 * _NUDGE * float(np.finfo(array.dtype).eps) if array.dtype.kind == "f" else 0.5
