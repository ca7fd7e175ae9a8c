"""All the memory one binary runs on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from dace_transfer.building.binary import Argument, Binary
from dace_transfer.errors import RunError
from dace_transfer.measure.buffers import (
    CANARIES,
    Array,
    Buffer,
    filled,
    from_file,
    random_array,
    random_scalar,
    smallest_extent,
)
from dace_transfer.measure.calling import Program
from dace_transfer.measure.inputs import Inputs, Integers


class Arena:
    """Guarded buffers and scalar values, shared by all binaries that take the same arguments."""

    def __init__(self, arguments: Sequence[Argument], pristine: dict[str, Array], scalars: dict[str, Any]) -> None:
        """Allocate a buffer per array; `pristine` holds what they are before every run."""
        self.arguments = {argument.name: argument for argument in arguments}
        self.scalars = scalars
        self.buffers = {name: Buffer(array, CANARIES[0]) for name, array in pristine.items()}

    def load(self, binary: Binary) -> Program:
        """Bind a binary to this memory.

        Raises:
            RunError: It takes an argument that is not here, or one of another type or size.
        """
        for argument in binary.arguments:
            self._check(argument)
        addresses = {name: buffer.address for name, buffer in self.buffers.items()}
        return Program(binary, addresses, self.scalars)

    def reset(self, names: Iterable[str] | None = None) -> None:
        """Put buffers back to what they are before a run: all, or the named ones."""
        for name in self.buffers if names is None else names:
            self.buffers[name].reset()

    def use_canary(self, canary: int) -> None:
        """Change the pattern of the guard regions."""
        for buffer in self.buffers.values():
            buffer.canary = canary
            buffer.reset()

    def overrun(self) -> list[str]:
        """Arrays outside of which something was written."""
        return [name for name, buffer in self.buffers.items() if not buffer.intact()]

    def written(self) -> list[str]:
        """Arrays that differ from what they were before the run."""
        return [name for name, buffer in self.buffers.items() if buffer.changed()]

    def _check(self, argument: Argument) -> None:
        if argument.kind == "scalar" and argument.name in self.scalars:
            return
        ours = self.arguments.get(argument.name)
        if ours is None or ours.kind != argument.kind or ours.dtype != argument.dtype:
            raise RunError(
                f"The program takes {argument.kind} '{argument.name}' of {argument.dtype}, "
                "which is not an argument of the program it is to replace."
            )
        sizes = {name: int(value) for name, value in self.scalars.items() if isinstance(value, (int, np.integer))}
        if argument.count(sizes) > self.buffers[argument.name].data.size:
            raise RunError(f"The program needs a larger buffer for '{argument.name}' than it is given.")
        if argument.extents(sizes) != ours.extents(sizes) or argument.steps(sizes) != ours.steps(sizes):
            raise RunError(f"The program expects another layout of '{argument.name}' than it is given.")


def furnish(arguments: Sequence[Argument], inputs: Inputs) -> Arena:
    """Make the memory for these arguments and fill it as the inputs say.

    Raises:
        RunError: A buffer has no elements at these sizes, or a file does not fit.
    """
    try:
        return Arena(arguments, _arrays(arguments, inputs), _scalars(arguments, inputs))
    except ValueError as error:
        raise RunError(str(error)) from error


def _scalars(arguments: Sequence[Argument], inputs: Inputs) -> dict[str, Any]:
    values: dict[str, Any] = {**inputs.sizes, **inputs.scalars}
    for argument in arguments:
        if argument.kind == "scalar" and argument.name not in values:
            values[argument.name] = random_scalar(argument, inputs.seed, inputs.signed)
    return values


def _arrays(arguments: Sequence[Argument], inputs: Inputs) -> dict[str, Array]:
    anywhere = Integers(smallest_extent(arguments, inputs.sizes))
    arrays = {}
    for argument in arguments:
        if argument.kind == "array":
            arrays[argument.name] = _array(argument, inputs, inputs.integers.get(argument.name, anywhere))
    return arrays


def _array(argument: Argument, inputs: Inputs, integers: Integers) -> Array:
    if argument.name in inputs.files:
        return from_file(argument, inputs.files[argument.name], inputs.sizes)
    count = argument.count(inputs.sizes)
    if count <= 0 or any(extent <= 0 for extent in argument.extents(inputs.sizes)):
        raise RunError(f"The array '{argument.name}' has no elements at sizes {dict(inputs.sizes)}.")
    if inputs.poison and not argument.reads:
        return filled(argument, count)
    return random_array(argument, count, integers, inputs.seed, inputs.signed)
