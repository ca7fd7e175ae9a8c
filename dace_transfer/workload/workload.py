"""The unit of tuning: a stand-alone SDFG with a value for each of its sizes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import dace

from dace_transfer.errors import WorkloadError
from dace_transfer.workload.canonical import digest


@dataclass(frozen=True)
class Workload:
    """A stand-alone SDFG together with the sizes it is run at.

    Attributes:
        sdfg: Non-transient containers are its arguments; free symbols are its sizes. Never mutated.
        sizes: A value for each free symbol, and for the integer arguments that say how often loops run, where known.
        digest: Names the computation at these sizes; independent of names, source lines and node order.
        kind: "program", "region" (a loop or branch), "state", "group" (connected map nests and library
            nodes) or "nest" (one of them).
    """

    sdfg: dace.SDFG
    sizes: Mapping[str, int]
    digest: str
    kind: str


def workload_of(sdfg: dace.SDFG, sizes: Mapping[str, int], kind: str = "program") -> Workload:
    """Make a workload of a stand-alone SDFG.

    Args:
        sdfg: The SDFG.
        sizes: A value for each free symbol; also of integer arguments, which are sizes too if control flow reads them.
        kind: See `Workload`.

    Raises:
        WorkloadError: A free symbol has no value.
    """
    needed = sorted(str(symbol) for symbol in sdfg.free_symbols)
    missing = [name for name in needed if name not in sizes]
    if missing:
        raise WorkloadError(
            f"The size of {', '.join(repr(name) for name in missing)} in '{sdfg.name}' is not known; "
            "give a value for every free symbol."
        )
    used = {name: int(sizes[name]) for name in (*needed, *sorted(_counts(sdfg) & sizes.keys()))}
    return Workload(sdfg, used, digest(sdfg, used), kind)


def _counts(sdfg: dace.SDFG) -> set[str]:
    """Integer scalars that are never written and that control flow reads."""
    kinds = {name: described for name, described in sdfg.arrays.items() if isinstance(described, dace.data.Scalar)}
    integers = {n for n, kind in kinds.items() if not kind.transient and kind.dtype.as_numpy_dtype().kind in "iu"}
    if not integers:
        return set()
    written = {node.data for state in sdfg.states() for node in state.data_nodes() if state.in_degree(node)}
    read = {str(name) for block in sdfg.nodes() for name in block.used_symbols(all_symbols=True)}
    read |= {str(name) for edge in sdfg.edges() for name in edge.data.free_symbols}
    return integers & read - written
