"""What a tasklet reads, by connector."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import dace

from dace_transfer.transformations.normalization.affine import Affine
from dace_transfer.transformations.normalization.elements import elements, with_names
from dace_transfer.transformations.normalization.lowering.boxes import Box, element, everything
from dace_transfer.transformations.normalization.terms import Call, Index, Read, Reduce, Term


@dataclass
class Inputs:
    """Gives connectors to what a tasklet reads; what is equal shares one.

    Attributes:
        containers: Descriptors by name.
        connectors: Types by connector, None for what DaCe finds out.
        parts: Connectors of parts of containers, by container and part.
        reductions: Connectors of the results of reductions.
    """

    containers: Mapping[str, dace.data.Data]
    connectors: dict[str, dace.typeclass | None] = field(default_factory=dict)
    parts: dict[str, dict[Box, str]] = field(default_factory=dict)
    reductions: dict[Reduce, str] = field(default_factory=dict)

    def named(self, term: Term) -> Term:
        """Return a term with names in the place of what is read.

        Before: `A[i] * x[columns[k]]`, after: `__in0 * __in1[__in2]`, where `__in1` points to all of `x`.
        """
        if isinstance(term, Reduce):
            if term not in self.reductions:
                self.reductions[term] = self._connector()
            return Read(self.reductions[term], ())
        if isinstance(term, Read):
            return Read(self._read(term), ())
        if isinstance(term, Index):
            return Index(self._integer(term.value))
        if isinstance(term, Call):
            return Call(term.function, tuple(map(self.named, term.arguments)))
        return term

    def _read(self, read: Read) -> str:
        """The code of an element: a connector, or an element of one where an index is read as well."""
        if not any(map(elements, read.index)):
            return self._part(read.data, element(read))
        described = self.containers[read.data]
        array = self._part(read.data, everything(described.shape), dace.pointer(described.dtype))
        return f"{array}[{', '.join(str(self._integer(index)) for index in read.index)}]"

    def _integer(self, value: Affine) -> Affine:
        return with_names(value, self._read)

    def _part(self, data: str, box: Box, dtype: dace.typeclass | None = None) -> str:
        parts = self.parts.setdefault(data, {})
        if box not in parts:
            parts[box] = self._connector(dtype)
        return parts[box]

    def _connector(self, dtype: dace.typeclass | None = None) -> str:
        name = f"__in{len(self.connectors)}"
        self.connectors[name] = dtype
        return name
