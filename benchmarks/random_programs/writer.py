"""Writes a program line by line, and knows which indices stay inside of which array."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace

from benchmarks.random_programs.program import Array, Extent

SYMBOLS = ("N", "M", "K", "L")
_MOST_ARGUMENTS = 8
_LETTERS = "ABCDEFGHUVWXYZ"


@dataclass(frozen=True)
class Variable:
    """The variable of a loop, with `low <= variable <= symbol - 1 - high`."""

    name: str
    symbol: str
    low: int = 0
    high: int = 0

    def offsets(self, extent: Extent) -> range:
        """What may be added to index a dimension of this extent; nothing if it is another symbol's."""
        if extent.symbol != self.symbol:
            return range(0)
        return range(-self.low, self.high + extent.extra + 1)


@dataclass(frozen=True)
class Scope:
    """What a statement may use: variables of loops around it, and local scalars."""

    variables: tuple[Variable, ...] = ()
    scalars: tuple[str, ...] = ()

    def with_variables(self, *variables: Variable) -> Scope:
        """The scope inside of further loops."""
        return replace(self, variables=self.variables + variables)

    def with_scalar(self, name: str) -> Scope:
        """The scope after a local scalar was set."""
        return replace(self, scalars=tuple(dict.fromkeys((*self.scalars, name))))


@dataclass
class Writer:
    """A program in the making.

    Attributes:
        rng: Source of all choices.
        dtype: Element type of most arrays.
        symbols: Sizes of this program.
        lines: Body so far.
        arguments: Arrays and scalars handed in.
        local: Arrays the program made and filled.
        features: Kinds of code written.
    """

    rng: random.Random
    dtype: str
    symbols: tuple[str, ...]
    lines: list[str] = field(default_factory=list)
    arguments: list[Array] = field(default_factory=list)
    local: list[Array] = field(default_factory=list)
    features: set[str] = field(default_factory=set)
    _depth: int = 1
    _count: int = 0

    def chance(self, probability: float) -> bool:
        """True this often."""
        return self.rng.random() < probability

    def line(self, text: str) -> None:
        """Write one statement."""
        self.lines.append("    " * self._depth + text)

    @contextmanager
    def block(self, header: str) -> Iterator[None]:
        """Write a header; what is written inside is indented."""
        self.line(header)
        self._depth += 1
        yield
        self._depth -= 1

    def fresh(self, prefix: str) -> str:
        """A name not used before."""
        self._count += 1
        return f"{prefix}{self._count}"

    def symbol(self) -> str:
        """Any of the sizes."""
        return self.rng.choice(self.symbols)

    def extents(self, count: int) -> tuple[Extent, ...]:
        """Extents of an array of so many dimensions; equal sizes are common."""
        first = self.symbol()
        return tuple(Extent(first if self.chance(0.4) else self.symbol()) for _ in range(count))

    def array(self, *dims: Extent | str, other: Sequence[Array] = ()) -> Array:
        """An array of values of this shape: one there is, or a new argument; none of `other` if that can be."""
        wanted = _extents(dims)
        known = [a for a in (*self.arguments, *self.local) if a.dims == wanted and a.content == "values"]
        known = [array for array in known if array.dtype == self.dtype]
        free = [array for array in known if array not in other]
        if free and (self.chance(0.6) or len(self.arguments) >= _MOST_ARGUMENTS):
            return self.rng.choice(free)
        return self.argument(*wanted)

    def argument(self, *dims: Extent | str, dtype: str = "", content: str = "values", bound: str = "") -> Array:
        """A new argument."""
        number = len(self.arguments)
        name = _LETTERS[number] if number < len(_LETTERS) else f"A{number}"
        name = name if len(dims) > 1 else name.lower() + ("0" if not dims else "")
        array = Array(name, _extents(dims), dtype or self.dtype, content, Extent(bound) if bound else None)
        self.arguments.append(array)
        return array

    def made(self, *dims: Extent | str, zero: bool = False) -> Array:
        """Write down a local array, which may be read once it was added to `local`."""
        array = Array(self.fresh("t"), _extents(dims), self.dtype)
        shape = ", ".join(map(str, array.dims)) + ("," if len(dims) == 1 else "")
        self.line(f"{array.name} = np.{'zeros' if zero else 'empty'}(({shape}), dtype=np.{self.dtype})")
        self.features.add("local array")
        return array

    def target(self, *dims: Extent | str, other: Sequence[Array] = ()) -> Array:
        """An array that the caller fills completely: an argument, or a new local one."""
        if self._depth == 1 and self.chance(0.3):
            array = self.made(*dims, zero=self.chance(0.3))
            self.local.append(array)
            return array
        return self.array(*dims, other=other)

    def scalar(self) -> str:
        """A number handed in."""
        known = [array for array in self.arguments if not array.dims]
        return (self.rng.choice(known) if known else self.argument()).name

    @contextmanager
    def nest(self, *loops: Variable, ordered: bool = False, maps: bool = True) -> Iterator[None]:
        """Write loops over the whole ranges of these variables, outermost first.

        Args:
            loops: Their variables.
            ordered: Iterations must come in ascending order; otherwise any direction and parallel loops will do.
            maps: Whether parallel loops may be used at all.
        """
        with ExitStack() as stack:
            if loops and maps and not ordered and self.chance(0.12):
                self.features.add("map")
                ranges = ", ".join(f"{v.low}:{_end(v)}" for v in loops)
                stack.enter_context(self.block(f"for {', '.join(v.name for v in loops)} in dace.map[{ranges}]:"))
            else:
                for variable in loops:
                    stack.enter_context(self.block(f"for {variable.name} in {self._range(variable, ordered)}:"))
            self.features.add(f"depth {self._depth - 1}")
            yield

    def _range(self, variable: Variable, ordered: bool) -> str:
        if not ordered and self.chance(0.15):
            self.features.add("reversed")
            return f"range({_minus(variable.symbol, variable.high + 1)}, {variable.low - 1}, -1)"
        if variable.low or self.chance(0.15):
            return f"range({variable.low}, {_end(variable)})"
        return f"range({_end(variable)})"


def _end(variable: Variable) -> str:
    return _minus(variable.symbol, variable.high)


def _minus(symbol: str, number: int) -> str:
    return str(Extent(symbol, -number))


def _extents(dims: Sequence[Extent | str]) -> tuple[Extent, ...]:
    return tuple(dim if isinstance(dim, Extent) else Extent(dim) for dim in dims)
