"""What a random program is: a text, its sizes and arguments, and what it computes when Python itself runs the text."""

from __future__ import annotations

import itertools
import linecache
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

Values = dict[str, Any]


@dataclass(frozen=True)
class Extent:
    """One dimension of an array: a symbol (or none) and a number, such as `N`, `N + 2` or `3`."""

    symbol: str
    extra: int = 0

    def __str__(self) -> str:
        if not self.symbol:
            return str(self.extra)
        return f"{self.symbol} {'+' if self.extra > 0 else '-'} {abs(self.extra)}" if self.extra else self.symbol

    def value(self, sizes: Mapping[str, int]) -> int:
        """Elements at these sizes."""
        return sizes.get(self.symbol, 0) + self.extra


@dataclass(frozen=True)
class Array:
    """One array of a program; a scalar where it has no dimensions.

    Attributes:
        name: As the program writes it.
        dims: Extent per dimension.
        dtype: NumPy's name of the element type.
        content: "values" are drawn at random; "places" are indices into a dimension `bound`, "permutation" all of
            them in random order, and "pointers" where the rows of a sparse matrix of `bound` entries begin.
        bound: See there.
    """

    name: str
    dims: tuple[Extent, ...]
    dtype: str
    content: str = "values"
    bound: Extent | None = None


@dataclass(frozen=True)
class RandomProgram:
    """A program that nobody wrote.

    Attributes:
        seed: What it was generated from.
        name: Of its function, unique per seed.
        source: Text of a `@dace.program`.
        sizes: A value for each symbol.
        arguments: Arrays and scalars it takes, in order.
        features: Kinds of code in it.
        families: Kernel families of its pieces.
    """

    seed: int
    name: str
    source: str
    sizes: Mapping[str, int]
    arguments: tuple[Array, ...]
    features: frozenset[str]
    families: frozenset[str]

    def make_arguments(self, seed: int) -> Values:
        """Draw all arguments, equal for equal seeds; the caller owns the arrays."""
        rng = np.random.default_rng([self.seed, seed])
        return {array.name: _draw(array, self.sizes, rng) for array in self.arguments}

    def reference(self, arguments: Values, *, checked: bool = False) -> None:
        """Run the text as plain Python and NumPy; the arrays are changed in place.

        Args:
            arguments: As `make_arguments` gives them.
            checked: Refuse indices that Python would count from the end, which a compiled program does not.

        Raises:
            IndexError: An index is outside of its array.
        """
        kind = Checked if checked else np.ndarray
        values = {name: value.view(kind) if np.ndim(value) else value for name, value in arguments.items()}
        self.load(_PlainDace(), _PlainNumPy(kind), self.sizes)(**values)

    def load(self, dace: Any, numpy: Any, symbols: Mapping[str, Any]) -> Any:
        """Execute the text with these meanings of `dace`, `np` and the sizes; returns what the decorator made of it."""
        file = f"<{self.name}>"
        # DaCe reads the source of a function back through this cache.
        linecache.cache[file] = (len(self.source), None, self.source.splitlines(True), file)
        names: Values = {"dace": dace, "np": numpy, **symbols, "__name__": "random_programs"}
        exec(compile(self.source, file, "exec"), names)
        return names[self.name]


class Checked(np.ndarray):
    """An array that takes indices only from 0 on, and slices only within its bounds."""

    def __getitem__(self, index: Any) -> Any:
        self._check(index)
        return super().__getitem__(index)

    def __setitem__(self, index: Any, value: Any) -> None:
        self._check(index)
        super().__setitem__(index, value)

    def _check(self, index: Any) -> None:
        for part, size in zip(index if isinstance(index, tuple) else (index,), self.shape, strict=False):
            bounds = (part.start, part.stop) if isinstance(part, slice) else ()
            if any(abs(int(bound)) > size for bound in bounds if bound is not None):
                raise IndexError(f"The slice {part} goes outside of a dimension of {size}.")
            if isinstance(part, (int, np.integer)) and not 0 <= part < size:
                raise IndexError(f"The index {part} is outside of a dimension of {size}.")


class _PlainMap:
    def __getitem__(self, index: Any) -> Iterator[Any]:
        parts = index if isinstance(index, tuple) else (index,)
        ranges = [range(part.start, part.stop, part.step or 1) for part in parts]
        return iter(ranges[0]) if len(ranges) == 1 else itertools.product(*ranges)


class _PlainType:
    def __init__(self, name: str) -> None:
        self.kind: Any = getattr(np, name)

    def __getitem__(self, index: Any) -> Any:
        return self.kind

    def __call__(self, value: Any) -> Any:
        return self.kind(value)


class _PlainDace:
    """As much of DaCe as the texts name, done by Python."""

    map = _PlainMap()
    float32, float64, int64 = (_PlainType(name) for name in ("float32", "float64", "int64"))

    @staticmethod
    def program(function: Any) -> Any:
        return function


class _PlainNumPy(types.ModuleType):
    """NumPy, but what was never written is not a number."""

    def __init__(self, kind: type[np.ndarray]) -> None:
        super().__init__("numpy")
        self._kind = kind

    def __getattr__(self, name: str) -> Any:
        return getattr(np, name)

    def empty(self, shape: Any, dtype: Any = np.float64) -> Any:
        value = np.nan if np.dtype(dtype).kind == "f" else np.iinfo(dtype).min // 2
        return np.full(shape, value, dtype).view(self._kind)

    def zeros(self, shape: Any, dtype: Any = np.float64) -> Any:
        return np.zeros(shape, dtype).view(self._kind)


def _draw(array: Array, sizes: Mapping[str, int], rng: np.random.Generator) -> Any:
    shape = [extent.value(sizes) for extent in array.dims]
    bound = array.bound.value(sizes) if array.bound is not None else 10
    if array.content == "permutation":
        return rng.permutation(bound)[: shape[0]].astype(array.dtype)
    if array.content == "pointers":
        inner = np.sort(rng.integers(0, bound + 1, shape[0] - 2))
        return np.concatenate([[0], inner, [bound]]).astype(array.dtype)
    if np.dtype(array.dtype).kind == "i":
        drawn: Any = rng.integers(0, bound, shape).astype(array.dtype)
    else:
        drawn = np.asarray(rng.uniform(-1.0, 1.5, shape)).astype(array.dtype)
    return drawn if shape else drawn[()]
