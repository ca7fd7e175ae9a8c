"""Memory of results, which is used again once nobody holds it."""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np

Array: TypeAlias = np.ndarray[Any, Any]

# Bytes of results worth keeping: less comes from the heap, which has it at hand; of more, a user may need all there is.
_LEAST, _MOST = 1 << 20, 256 << 20
_KEPT = 2  # In `y = f(y)` the last result is held until the next is there.


@dataclass
class Result:
    """One array that every call returns anew.

    The system hands out new memory page by page, each cleared at its first use: for a result of 64 MB that takes as
    long as a softmax. So large arrays are kept, and returned again when neither they nor views of them are held.

    Attributes:
        shape: Of the array.
        dtype: Of its elements.
        strides: In bytes.
        count: Elements from the first to the last, more than `shape` has where there are gaps.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    strides: tuple[int, ...]
    count: int
    _kept: list[Array] = field(default_factory=list)

    def make(self) -> Array:
        """Return an array that nobody else holds; not for two threads at a time."""
        if self.count != math.prod(self.shape) or self.strides != contiguous(self.shape, self.dtype):
            return np.ndarray(self.shape, self.dtype, np.empty(self.count, self.dtype), strides=self.strides)
        if not _LEAST <= self.count * self.dtype.itemsize <= _MOST:
            return np.empty(self.shape, self.dtype)
        for place in range(len(self._kept)):
            # Held by the list and, while it is asked, by the argument; views hold what they are of.
            if sys.getrefcount(self._kept[place]) <= 2 and self._is_as_made(self._kept[place]):
                return self._kept[place]
        made = np.empty(self.shape, self.dtype)
        self._kept = [*self._kept, made][-_KEPT:]
        return made

    def _is_as_made(self, array: Array) -> bool:
        known = (array.shape, array.dtype, array.strides)
        return known == (self.shape, self.dtype, self.strides) and array.flags.writeable


def contiguous(shape: tuple[int, ...], dtype: np.dtype[Any]) -> tuple[int, ...]:
    """Strides in bytes of an array without gaps, in C's order."""
    return tuple(dtype.itemsize * math.prod(shape[axis + 1 :]) for axis in range(len(shape)))
