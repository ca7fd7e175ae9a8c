"""Argument buffers with guard regions, and the data they are filled with."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dace_transfer.building.binary import Argument
from dace_transfer.measure.inputs import Integers

Array = NDArray[Any]

_ALIGNMENT = 64
_SMALLEST_GUARD = 4096
_LARGEST_GUARD = 1 << 20

# All bits set is a NaN in every floating-point type, so that reading past the end shows in the results. Adding to a
# NaN leaves it as it is, though, so that every other trial uses a pattern that is a small finite number.
CANARIES = (0xFF, 0xA5)

# Data is drawn once up to this length and repeated beyond; a prime, so that no row length divides it.
_PERIOD = 1_000_003


class Buffer:
    """One argument's memory between two guard regions.

    Attributes:
        data: The elements, flat.
        pristine: What they are before every run.
        canary: The byte that fills the guards at the next `reset`.
    """

    def __init__(self, pristine: Array, canary: int) -> None:
        """Allocate aligned memory like `pristine`, with guards filled with the canary byte."""
        self.pristine = pristine
        self.canary = canary
        guard = min(max(pristine.nbytes, _SMALLEST_GUARD), _LARGEST_GUARD)
        guard += -guard % _ALIGNMENT
        self._memory = np.empty(pristine.nbytes + 2 * guard + _ALIGNMENT, np.uint8)
        start = guard + (-(self._memory.ctypes.data + guard)) % _ALIGNMENT
        end = start + pristine.nbytes
        self._guards = (self._memory[start - guard : start], self._memory[end : end + guard])
        self.data: Array = self._memory[start:end].view(pristine.dtype)
        self.reset()

    @property
    def address(self) -> int:
        """Address of the first element."""
        return int(self.data.ctypes.data)

    def reset(self) -> None:
        """Make elements and guards as they were at first."""
        self.data[:] = self.pristine
        for guard in self._guards:
            guard[:] = self.canary

    def intact(self) -> bool:
        """Whether nothing was written outside the elements."""
        return all(bool((guard == self.canary).all()) for guard in self._guards)

    def changed(self) -> bool:
        """Whether any bit of the elements differs from what was put in."""
        return not np.array_equal(self.data.view(np.uint8), self.pristine.view(np.uint8))


def random_array(argument: Argument, count: int, integers: Integers, seed: int, signed: bool) -> Array:
    """Draw the elements of one argument; equal names and seeds give equal data.

    Args:
        argument: Which argument.
        count: Elements to draw.
        integers: What integers are drawn from.
        seed: Seed of the trial.
        signed: Standard normal instead of uniform in [0.1, 1.1).
    """
    generator = np.random.default_rng([seed, zlib.crc32(argument.name.encode())])
    dtype = np.dtype(argument.dtype)
    period = min(count, _PERIOD)
    if dtype.kind == "b":
        drawn: Array = generator.integers(0, 2, period).astype(dtype)
    elif dtype.kind in "iu":
        drawn = np.resize(generator.integers(0, max(integers.below, 1), period).astype(dtype), count)
        return np.sort(drawn) if integers.ascending else drawn
    elif dtype.kind == "c":
        drawn = (_floats(generator, period, signed) + 1j * _floats(generator, period, signed)).astype(dtype)
    else:
        drawn = _floats(generator, period, signed).astype(dtype)
    return drawn if period == count else np.resize(drawn, count)


def random_scalar(argument: Argument, seed: int, signed: bool) -> Any:
    """Draw one scalar; integers are small and positive, because they often count iterations."""
    generator = np.random.default_rng([seed, zlib.crc32(argument.name.encode())])
    dtype = np.dtype(argument.dtype)
    if dtype.kind in "iu":
        return int(generator.integers(2, 6))
    return random_array(argument, 1, Integers(1), seed, signed)[0].item()


def filled(argument: Argument, count: int) -> Array:
    """Elements that a program must not use: NaN where the type has one, else a conspicuous pattern."""
    dtype = np.dtype(argument.dtype)
    if dtype.kind in "fc":
        return np.full(count, np.nan, dtype)
    return np.full(count * dtype.itemsize, CANARIES[1] if dtype.kind != "b" else 1, np.uint8).view(dtype)


def from_file(argument: Argument, path: Path, sizes: Mapping[str, int]) -> Array:
    """Lay out the contents of a `.npy` file as the argument's strides say.

    Raises:
        ValueError: The file's shape is not the argument's.
    """
    values = np.load(path)
    shape, strides = argument.extents(sizes), argument.steps(sizes)
    if values.size != int(np.prod(shape, dtype=np.int64)):
        raise ValueError(f"The file for '{argument.name}' has shape {values.shape}; expected {shape}.")
    flat = np.zeros(argument.count(sizes), np.dtype(argument.dtype))
    view = np.lib.stride_tricks.as_strided(flat, shape, [step * flat.itemsize for step in strides])
    view[...] = values.reshape(shape)
    return flat


def smallest_extent(arguments: Sequence[Argument], sizes: Mapping[str, int]) -> int:
    """The smallest extent of any array of more than one element: an index below it is valid everywhere."""
    extents = [
        extent
        for argument in arguments
        if argument.kind == "array" and argument.count(sizes) > 1
        for extent in argument.extents(sizes)
    ]
    return min(extents, default=1)


def _floats(generator: np.random.Generator, count: int, signed: bool) -> NDArray[np.float64]:
    return generator.standard_normal(count) if signed else generator.random(count) + 0.1
