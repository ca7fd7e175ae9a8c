"""Where code is read: what the names of one SDFG mean in the computation that is being made of it."""

from __future__ import annotations

import copy
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import dace
from dace import nodes, symbolic
from dace.sdfg.state import LoopRegion

from dace_transfer.errors import NotApplicableError
from dace_transfer.transformations.normalization.affine import Affine, affine, constant, variable
from dace_transfer.transformations.normalization.elements import element, elements, taken_apart
from dace_transfer.transformations.normalization.raising.growth import largest
from dace_transfer.transformations.normalization.terms import Range, Read
from dace_transfer.transformations.normalization.tree import Computation, Names

_FUNCTIONS = frozenset({"int_floor", "int_ceil", "Min", "Max", "min", "max", "Abs", "abs"})
_REAL = re.compile(r"(?<!/)/(?!/)|\d\.|\.\d")  # A real division or number inside an expression of integers.
_OTHER_TYPES = (dace.dtypes.vector, dace.dtypes.pointer, dace.dtypes.struct, dace.dtypes.callback, dace.dtypes.opaque)


@dataclass
class Builder:
    """What grows while a program is read.

    Attributes:
        names: Makes names that nothing has yet.
        sizes: The integer symbols that the program gets from outside.
        given: Symbols that the program gets from outside and assigns as well.
        fixed: The whole numbers among the arguments that the program never writes.
        tables: The arrays of whole numbers among them, whose elements indices and bounds may be made of.
        containers: Descriptors of the computation's containers.
        folds: How many writes with conflict resolution were read so far.
    """

    names: Names
    sizes: frozenset[str]
    given: frozenset[str] = frozenset()
    fixed: frozenset[str] = frozenset()
    tables: frozenset[str] = frozenset()
    containers: dict[str, dace.data.Data] = field(default_factory=dict)
    folds: int = 0

    def add_scalar(self, stem: str, dtype: dace.typeclass) -> Read:
        """Add a new transient scalar."""
        name = self.names.fresh(stem)
        self.containers[name] = dace.data.Scalar(dtype, transient=True)
        return Read(name, ())

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Forget the containers that were added, where what is done inside fails."""
        before = dict(self.containers)
        try:
            yield
        except (ValueError, NotApplicableError):
            self.containers.clear()
            self.containers.update(before)
            raise

    def keep(self, name: str, descriptor: dace.data.Data) -> None:
        """Make sure that a container is one of the computation, exactly as described.

        Raises:
            ValueError: It is one already, with another shape.
        """
        known = self.containers.setdefault(name, descriptor)
        if known is not descriptor and (known.shape, known.strides) != (descriptor.shape, descriptor.strides):
            raise ValueError(f"Expected container '{name}' to have one shape everywhere.")


@dataclass(frozen=True)
class Frame:
    """One SDFG, or a part of it inside some loops, and what its names mean.

    Attributes:
        sdfg: The SDFG.
        builder: What is shared by all frames of one program.
        sizes: Integer symbols that stand for themselves.
        values: What other integer symbols stand for: loop variables and everything assigned.
        assigned: How often control flow assigns a symbol; a loop counts as one assignment of its variable.
        places: What an element of a view or of a container of a nested SDFG is; indices are in terms of `axis(0)`,
            `axis(1)` and so on. None for a view that means several things.
        saved: The scalars that hold the values of symbols that are no expressions of sizes and loop variables.
        loops: The loops around, outermost first.
        nested: Whether it is an SDFG inside another one, where nothing may be left as it is.
    """

    sdfg: dace.SDFG
    builder: Builder
    sizes: frozenset[str]
    values: Mapping[str, Affine]
    assigned: Mapping[str, int]
    places: Mapping[str, Read | None] = field(default_factory=dict)
    saved: Mapping[str, Read] = field(default_factory=dict)
    loops: tuple[Range, ...] = ()
    nested: bool = False

    def affine(self, expression: Any) -> Affine:
        """Read an expression of integer symbols, and of elements of arrays that are never written.

        Raises:
            ValueError: It mentions anything else, or is no expression of integers.
        """
        result, found = taken_apart(affine(expression))
        values = {**self.values, **{name: self._looked_up(read) for name, read in found.items()}}
        unknown = result.words - self.sizes - values.keys() - _FUNCTIONS
        if unknown:
            raise ValueError(f"Expected an expression of sizes and loop variables, but '{expression}' has {unknown}.")
        if any(_REAL.search(name) for name, _ in result.terms if not name.isidentifier()):
            raise ValueError(f"Expected an expression of integers, but got '{expression}'.")
        return result.substitute(values)

    def _looked_up(self, read: Read) -> Affine:
        if read.data not in self.sdfg.arrays:
            raise ValueError(f"Expected an element of a container, but got '{read}'.")
        place = self.at(read.data, tuple(map(self.affine, read.index)))
        value = self.value_at(place)
        if value is None:
            raise ValueError(f"Expected '{place.data}' to be an array of integers that is never written.")
        return value

    def value_at(self, place: Read) -> Affine | None:
        """Return an element of the computation as what indices are made of; None if it may be written."""
        names = {word for index in place.index for word in index.words}
        return element(place) if place.data in self.builder.tables and names.isdisjoint(self.builder.fixed) else None

    def bound(self, expression: Any) -> Affine:
        """Read an expression that bounds a loop: arguments that are never written may be mentioned as well.

        Raises:
            ValueError: It mentions anything else, or is no expression of integers.
        """
        own = {} if self.nested else {name: Read(name, ()) for name in self.builder.fixed}
        fixed = {name: place for name, place in (own | {**self.places}).items() if place is not None}
        values = {name: variable(place.data) for name, place in fixed.items() if place.data in self.builder.fixed}
        return self.with_values(values).affine(expression)

    def at(self, name: str, index: tuple[Affine, ...]) -> Read:
        """Return the element of the computation that an element of a container of this SDFG is.

        Raises:
            ValueError: The container is of a kind that computations do not have.
        """
        if name in self.places:
            place = self.places[name]
            if place is None:
                raise ValueError(f"Expected view '{name}' to mean one thing.")
            values = {axis(number): value for number, value in enumerate(index)}
            return Read(place.data, tuple(part.substitute(values) for part in place.index))
        self._use(name)
        return Read(name, index)

    def with_values(self, values: Mapping[str, Affine]) -> Frame:
        """Return a frame in which more symbols have values."""
        return replace(self, values={**self.values, **values})

    def inside(self, loop: Range, values: Mapping[str, Affine]) -> Frame:
        """Return the frame for the body of a loop."""
        return replace(self.with_values(values), loops=(*self.loops, loop))

    def fits(self, shape: Iterable[Any]) -> list[Any]:
        """Return a shape of sizes alone that holds `shape` in all iterations of the loops around.

        Raises:
            ValueError: There is none that is affine.
        """
        return [symbolic.pystr_to_symbolic(str(self._largest(self.affine(size)))) for size in shape]

    def _largest(self, size: Affine) -> Affine:
        if size.words <= self.builder.sizes | _FUNCTIONS or elements(size):
            return size
        for loop in reversed(self.loops):
            size = largest(size, loop)
        if not (size.words <= self.builder.sizes | _FUNCTIONS):
            raise ValueError(f"Expected a shape that does not depend on loops, but got '{size}'.")
        return size - size.constant if size.constant < 0 else size  # One element too many does no harm.

    def _use(self, name: str) -> None:
        descriptor = self.sdfg.arrays[name]
        check_plain(name, descriptor)
        if {str(symbol) for symbol in descriptor.free_symbols} <= self.sizes:
            self.builder.keep(name, descriptor)
        else:
            self.builder.keep(name, self.made_to_fit(descriptor))

    def made_to_fit(self, descriptor: dace.data.Data) -> dace.data.Data:
        """Return a descriptor like `descriptor`, with a shape in the computation's sizes.

        Raises:
            ValueError: There is none.
        """
        if isinstance(descriptor, dace.data.Scalar):
            return copy.deepcopy(descriptor)
        if not descriptor.transient:
            raise ValueError("Expected the shape of an argument to be known where the program starts.")
        return dace.data.Array(
            descriptor.dtype, self.fits(descriptor.shape), transient=True, storage=descriptor.storage
        )


def axis(number: int) -> str:
    """Return the name that stands for an index in `Frame.places`."""
    return f"__axis{number}"


def axes(count: int) -> tuple[Affine, ...]:
    """Return one of these names for each dimension."""
    return tuple(variable(axis(number)) for number in range(count))


def dimensions(descriptor: dace.data.Data) -> int:
    """Return how many indices a container has: none for a scalar."""
    return 0 if isinstance(descriptor, dace.data.Scalar) else len(descriptor.shape)


def check_plain(name: str, descriptor: dace.data.Data) -> None:
    """Check that a container is a plain array or scalar of numbers.

    Raises:
        ValueError: It is something else.
    """
    plain = type(descriptor) in (dace.data.Array, dace.data.Scalar)
    if not plain or isinstance(descriptor.dtype, _OTHER_TYPES) or any(size != 0 for size in _offset(descriptor)):
        raise ValueError(f"Expected container '{name}' to be a plain array or scalar.")


def _offset(descriptor: dace.data.Data) -> tuple[Any, ...]:
    return tuple(descriptor.offset) if isinstance(descriptor, dace.data.Array) else ()


def is_integer(kind: dace.typeclass | None) -> bool:
    """Whether a type is one of whole numbers."""
    return kind in dace.dtypes.INTEGER_TYPES and kind not in (dace.bool_, dace.bool)


def assignments(sdfg: dace.SDFG) -> Mapping[str, int]:
    """Return how often control flow assigns each symbol; a loop counts as one assignment of its variable."""
    edges = [str(name) for edge in sdfg.all_interstate_edges() for name in edge.data.assignments]
    regions = [region for region in sdfg.all_control_flow_regions() if isinstance(region, LoopRegion)]
    return Counter(edges + [region.loop_variable for region in regions])


def _names_in(sdfg: dace.SDFG) -> Iterator[str]:
    """Every name that means something in an SDFG or in one nested in it."""
    for inner in sdfg.all_sdfgs_recursive():
        yield from (*inner.arrays, *inner.symbols, *inner.constants_prop, *assignments(inner))
        for node in (node for state in inner.states() for node in state.nodes()):
            if isinstance(node, nodes.MapEntry):
                yield from (*map(str, node.map.params), *node.in_connectors)


def whole_program(sdfg: dace.SDFG, with_tables: bool = True) -> Frame:
    """Return the frame in which a whole program is read.

    Args:
        sdfg: The program.
        with_tables: Whether indices and bounds may be read from arrays.
    """
    assigned = assignments(sdfg)
    free = {str(symbol) for symbol in sdfg.free_symbols}
    sizes = frozenset(name for name in free - assigned.keys() if is_integer(sdfg.symbols.get(name)))
    numbers = {name: value for name, (_, value) in sdfg.constants_prop.items() if type(value) is int}
    nothing = dace.data.Scalar(dace.int64)
    everything = dict.fromkeys(_names_in(sdfg), nothing)
    names = Names(Computation(sdfg, everything, ()))
    values = {name: constant(value) for name, value in numbers.items()}
    fixed, tables = _never_written(sdfg)
    builder = Builder(names, sizes, frozenset(free & assigned.keys()), fixed, tables if with_tables else frozenset())
    return Frame(sdfg, builder, sizes, values, assigned)


def _never_written(sdfg: dace.SDFG) -> tuple[frozenset[str], frozenset[str]]:
    """The whole numbers, and the arrays of whole numbers, among the arguments that are never written."""
    written = {node.data for state in sdfg.states() for node in state.data_nodes() if state.in_degree(node)}
    whole = {name: type(d) for name, d in sdfg.arrays.items() if is_integer(d.dtype) and not d.transient}
    numbers, arrays = (
        frozenset(name for name, own in whole.items() if own is kind and name not in written)
        for kind in (dace.data.Scalar, dace.data.Array)
    )
    return numbers, arrays
