"""How near tuned programs come to what the machine can do.

    python -m benchmarks.limits RESULTS.json --suite DIR|examples [--json OUT]

RESULTS is what another benchmark wrote. For each of its programs, the least that has to be moved and computed is set
against measured speeds of this machine, which must be the one that the results are of.
"""

from __future__ import annotations

import json as jsonlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import dace
import numpy as np
import typer
from dace import symbolic

from benchmarks.case import Case
from benchmarks.suites import open_suite
from benchmarks.table import cells, write
from dace_transfer.cli.output import one_sentence
from dace_transfer.errors import DaceTransferError
from dace_transfer.hardware import describe_cpu
from dace_transfer.microbenchmark import Speeds, speeds_of
from dace_transfer.target import Target
from dace_transfer.transformations.normalization import normalize
from dace_transfer.transformations.normalization.affine import Affine
from dace_transfer.transformations.normalization.dependence import Access, accesses
from dace_transfer.transformations.normalization.elements import elements
from dace_transfer.transformations.normalization.normalize import rewrite
from dace_transfer.transformations.normalization.raising import raise_sdfg
from dace_transfer.transformations.normalization.terms import Call, Range, Reduce, Term, children
from dace_transfer.transformations.normalization.tree import (
    Computation,
    Loop,
    Node,
    Opaque,
    Statement,
    nodes,
    subscripts,
)
from dace_transfer.tuner.arguments import infer_sizes
from dace_transfer.tuner.parsing import parse

app = typer.Typer()

Moved = dict[str, tuple[float, float]]
"""By container, how many elements are read and written."""


@dataclass(frozen=True)
class Demand:
    """The least a program has to do, whatever it is turned into.

    Attributes:
        bytes: Read and written of its arguments. Loops that run over the same elements again, as those over time
            steps do, count each time; what a program keeps for itself may stay in registers.
        operations: Arithmetic, comparisons and calls of functions, one each, as its author wrote them.
        footprint: Bytes of the arguments that are touched.
        is_single: Whether it computes in single precision.
    """

    bytes: float
    operations: float
    footprint: float
    is_single: bool


@dataclass(frozen=True)
class Share:
    """A line of the table.

    Attributes:
        program: Its name.
        ours_ms: What it takes.
        limit_ms: What the machine would need for the least that has to be done.
        bound: What that is given by: a level of the memory hierarchy, or arithmetic.
        megabytes: The least that is moved.
        share: The limit over what it takes; above 1 where less is done than the author wrote.
    """

    program: str
    ours_ms: float
    limit_ms: float
    bound: str
    megabytes: float
    share: float


def demand_of(computation: Computation, sizes: Mapping[str, int]) -> Demand:
    """What a computation has to do at the given sizes.

    Raises:
        DaceTransferError: A part of it cannot be read, or it depends on the contents of arguments.
    """
    if any(isinstance(node, Opaque) for node in nodes(computation.body)):
        raise DaceTransferError("A part of the program cannot be read as loops around statements.")
    if any(elements(value) for node in nodes(computation.body) for value in subscripts(node)):
        raise DaceTransferError("What the program reads or how often depends on the contents of its arguments.")
    counter = _Counter(computation, {name: float(value) for name, value in sizes.items()})
    moved = counter.moved(computation.body, (), {})
    arguments = {n: one for n, one in computation.containers.items() if n in moved and not one.transient}
    widths = {name: np.dtype(one.dtype.type).itemsize for name, one in arguments.items()}
    kinds = {np.dtype(one.dtype.type) for one in arguments.values()}
    return Demand(
        bytes=sum(sum(moved[name]) * width for name, width in widths.items()),
        operations=counter.operations(computation.body, {}),
        footprint=sum(counter.size(name) * width for name, width in widths.items()),
        is_single=not kinds & {np.dtype(np.float64), np.dtype(np.complex128)},
    )


class _Counter:
    def __init__(self, computation: Computation, sizes: Mapping[str, float]):
        self._containers = computation.containers
        self._sizes = sizes

    def operations(self, body: Sequence[Node], means: Mapping[str, float]) -> float:
        """How much is computed; bounds that depend on outer loops are taken at the middle of these."""
        total = 0.0
        for node in body:
            if isinstance(node, Loop):
                trips, inside = self._entered([node.range], means)
                total += trips * self.operations(node.body, inside)
            elif isinstance(node, Statement):
                total += self._computed(node.value, means)
        return total

    def moved(self, body: Sequence[Node], loops: tuple[Range, ...], means: Mapping[str, float]) -> Moved:
        """What is moved at least in one run of a body, of all iterations of the loops given.

        Args:
            body: Nodes.
            loops: Loops around them that are run through.
            means: The middle of all loops around them, also of those that stand still.
        """
        result: Moved = {}
        for node in body:
            for name, (reads, writes) in self._of_node(node, loops, means).items():
                known = result.get(name, (0.0, 0.0))
                result[name] = (max(known[0], reads), max(known[1], writes))
        return result

    def size(self, name: str) -> float:
        """How many elements a container has."""
        return math.prod(self._number(size) for size in self._containers[name].shape)

    def _of_node(self, node: Node, loops: tuple[Range, ...], means: Mapping[str, float]) -> Moved:
        if isinstance(node, Statement):
            return self._of_statement(node, loops, means)
        assert isinstance(node, Loop)
        trips, inside = self._entered([node.range], means)
        swept = self.moved(node.body, (*loops, node.range), inside)
        if node.parallel:
            return swept
        again = self.moved(node.body, loops, inside)
        moving = {a.data for a in accesses(node) if any(node.range.variable in i.words for i in a.index or ())}
        return {n: swept[n] if n in moving else (trips * again[n][0], trips * again[n][1]) for n in swept}

    def _of_statement(self, statement: Statement, loops: tuple[Range, ...], means: Mapping[str, float]) -> Moved:
        result: Moved = {}
        for access in accesses(statement):
            count = self._footprint(access, loops, means)
            reads, writes = result.get(access.data, (0.0, 0.0))
            result[access.data] = (reads, count) if access.writes else (max(reads, count), writes)
        return result

    def _footprint(self, access: Access, loops: tuple[Range, ...], means: Mapping[str, float]) -> float:
        """How many elements are touched in all iterations, as far as they make a box."""
        _, inside = self._entered(access.ranges, means)
        trips = {loop.variable: self._entered([loop], inside)[0] for loop in (*loops, *access.ranges)}
        if not all(trips.values()):
            return 0.0
        extents = (
            1 + sum(abs(entry.coefficient(name)) * (count - 1) for name, count in trips.items())
            for entry in access.index or ()
        )
        shape = self._containers[access.data].shape
        return math.prod(min(extent, self._number(size)) for extent, size in zip(extents, shape, strict=False))

    def _entered(self, loops: Sequence[Range], means: Mapping[str, float]) -> tuple[float, dict[str, float]]:
        """How often loops iterate together, and the middle of each."""
        total, inside = 1.0, dict(means)
        for loop in loops:
            begin, end = (self._number(bound, inside) for bound in (loop.begin, loop.end))
            inside[loop.variable] = (begin + max(begin, end - 1)) / 2
            total *= max(0.0, end - begin)
        return total, inside

    def _computed(self, term: Term, means: Mapping[str, float]) -> float:
        if isinstance(term, Reduce):
            trips, inside = self._entered(term.ranges, means)
            return trips * (1 + self._computed(term.body, inside))
        own = max(1, len(term.arguments) - 1) if isinstance(term, Call) else 0
        return own + sum(self._computed(child, means) for child in children(term))

    def _number(self, value: Any, means: Mapping[str, float] = {}) -> float:
        if isinstance(value, Affine) and elements(value):
            raise DaceTransferError(f"How large {value} is, is not known before the program runs.")
        if isinstance(value, Affine):
            return value.constant + sum(factor * self._atom(name, means) for name, factor in value.terms)
        return self._atom(str(value), means)

    def _atom(self, name: str, means: Mapping[str, float]) -> float:
        known = {**self._sizes, **means}
        if name in known:
            return known[name]
        expression = symbolic.pystr_to_symbolic(name)
        if unknown := {str(symbol) for symbol in expression.free_symbols} - known.keys():
            raise DaceTransferError(f"How large {', '.join(sorted(unknown))} is, is not known before the program runs.")
        return float(expression.subs({symbol: known[str(symbol)] for symbol in expression.free_symbols}))


def share_of(row: Mapping[str, Any], demand: Demand, speeds: Speeds, target: Target) -> Share:
    """Set what a program takes against what it has to do."""
    own = [size * target.threads for size in target.caches[:-1]]
    levels = [*own, *target.caches[-1:], math.inf]
    level = next(number for number, size in enumerate(levels) if demand.footprint <= size)
    names = [*(f"L{number + 1}" for number in range(len(target.caches))), "memory"]
    moving = 1e3 * demand.bytes / (1e9 * speeds.bandwidth[level])
    peak = speeds.peak_fp32 if demand.is_single else speeds.peak_fp64
    computing = 1e3 * demand.operations / (1e9 * peak)
    limit, bound = max((moving, names[level]), (computing, "arithmetic"))
    return Share(row["program"], row["ours_ms"], limit, bound, demand.bytes / 1e6, limit / row["ours_ms"])


def render(shares: Sequence[Share], left: Mapping[str, str], speeds: Speeds, source: str) -> str:
    """The table, with the speeds it rests on."""
    caches = ", ".join(f"{value:.0f}" for value in speeds.bandwidth[:-1])
    lines = [
        "# Shares of what the machine can do",
        "",
        f"`python -m benchmarks.limits {source} --suite DIR`",
        "",
        f"- Measured: {caches} GB/s of the caches and {speeds.bandwidth[-1]:.0f} GB/s of main memory, "
        f"{speeds.peak_fp64:.0f} and {speeds.peak_fp32:.0f} GFLOP/s in double and single precision, all threads.",
        "- Moved: every argument read and written once, in each iteration of sequential loops that touch the same "
        "elements again, at the bandwidth of the cache that holds all of them. Computed: every operation as written, "
        "a call of a function as one.",
        "- What a program stores for itself and reads again counts nothing, so that a share of 1 may be out of reach.",
        "",
        cells(["program", "ours ms", "moved MB", "limit", "limit ms", "share"]),
        cells(["---", "---:", "---:", "---", "---:", "---:"]),
    ]
    for one in sorted(shares, key=lambda share: -share.share):
        numbers = [f"{one.limit_ms:.3g}", f"{100 * one.share:.0f} %"]
        lines.append(cells([one.program, f"{one.ours_ms:.3g}", f"{one.megabytes:.3g}", one.bound, *numbers]))
    return "\n".join([*lines, "", *(f"- {name}: {reason}" for name, reason in left.items())]) + "\n"


@app.command()
def main(
    results: Annotated[Path, typer.Argument(help="Rows of another benchmark.", exists=True, dir_okay=False)],
    suite: Annotated[str, typer.Option(help="examples, or the folder of a checkout of NPBench.")] = "examples",
    json: Annotated[Path | None, typer.Option(help="Keep the shares in this file, with a table beside it.")] = None,
) -> None:
    """Compare results with the limits of this machine."""
    with one_sentence():
        target = describe_cpu()
        speeds, opened = speeds_of(target), open_suite(suite)
        shares: list[Share] = []
        left: dict[str, str] = {}
        for row in jsonlib.loads(results.read_text()):
            if not row["ours_ms"] or not row["valid"]:
                left[row["program"]] = "It has no right result with a time."
                continue
            try:
                case = opened.load(row["program"], row["preset"])
                original = parse(case.load_program())
                demand = demand_of(_read(original), _whole_numbers(case) | infer_sizes(original, case.arguments))
            except DaceTransferError as error:
                left[row["program"]] = str(error)
                continue
            shares.append(share_of(row, demand, speeds, target))
        text = render(shares, left, speeds, results.name)
        print(text)
        if json is not None:
            write([asdict(share) for share in shares], text, json)


def _whole_numbers(case: Case) -> dict[str, int]:
    """Arguments that loops may be bounded by."""
    return {name: int(v) for name, v in case.arguments.items() if isinstance(v, (int, np.integer))}


def _read(original: dace.SDFG) -> Computation:
    raised = raise_sdfg(normalize(original))
    if raised is None:
        raise DaceTransferError("The program cannot be read as loops around statements.")
    return rewrite(raised)


if __name__ == "__main__":
    app()
