"""The versions of a program that are compared, all of them with the same BLAS."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence

import dace
from dace.dtypes import DeviceType
from dace.transformation.auto.auto_optimize import auto_optimize, set_fast_implementations

from dace_transfer.building.binary import Binary, Failure
from dace_transfer.building.builder import Builder
from dace_transfer.errors import RunError, told
from dace_transfer.measure.arena import furnish
from dace_transfer.measure.inputs import Inputs


def simplified(original: dace.SDFG) -> dace.SDFG:
    """As DaCe's own simplification leaves it, with the library implementations that auto_optimize chooses."""
    sdfg = copy.deepcopy(original)
    set_fast_implementations(sdfg, DeviceType.CPU)
    return sdfg


def optimized(original: dace.SDFG, sizes: Mapping[str, int]) -> dace.SDFG:
    """As DaCe's auto_optimize leaves it at these sizes."""
    return auto_optimize(copy.deepcopy(original), DeviceType.CPU, symbols=dict(sizes))


def build(builder: Builder, make: Mapping[str, Callable[[], dace.SDFG]]) -> dict[str, Binary | Failure]:
    """Make and build every version; one that cannot be made or built is a failure of its own."""
    outcomes: dict[str, Binary | Failure] = {}
    for side, version in make.items():
        try:
            outcomes[side] = builder.build([version()])[0]
        except Exception as error:  # noqa: BLE001  DaCe raises all kinds of errors, and each belongs in the table.
            outcomes[side] = Failure("codegen", told(error))
    return outcomes


def results(binary: Binary, inputs: Inputs, wanted: Sequence[str]) -> dict[str, object]:
    """Run a binary once, in this process, and return the wanted arrays.

    Raises:
        RunError: It does not take these inputs, or it writes outside of its buffers.
    """
    arena = furnish(binary.arguments, inputs)
    arena.load(binary).run()
    if arena.overrun():
        raise RunError(f"It writes outside of {', '.join(arena.overrun())}.")
    return {name: arena.buffers[name].data for name in wanted if name in arena.buffers}
