"""The step that chooses options of the compiler for a whole program."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import dace
import numpy as np
from dace.sdfg.nodes import full_class_path

from dace_transfer.errors import NotApplicableError
from dace_transfer.transformations.environments import (
    AliasChecks,
    LimitedComplex,
    Option,
    Reassociate,
    UnrollLoops,
    VectorizeInnermost,
    Vectors256,
    Vectors512,
)
from dace_transfer.transformations.steps.base import Done, Handle

_VECTORS: dict[str, type[Option]] = {"256": Vectors256, "512": Vectors512}


@dataclass(frozen=True)
class Compile:
    """Has the whole program compiled with more options than others.

    Before: `for i: s += a[i]`, one addition after the other; `z * z` with a test for NaN and a call.
    After: `for i in steps of 8: s[0:8] += a[i:i + 8]`; `z * z` as four products, in vectors.

    Every option is an empty tasklet in the first state with one of DaCe's library environments, so that it is part
    of the program wherever that goes. A step that comes later adds to it. What the compiler does not know, or can
    make no difference to the program's types, is left out. Other than `reassociate` and `limited_complex`, options
    change no results; these round otherwise, and squares of complex numbers may leave the range.

    In Halide: `strict_float` inverted; in TVM: attributes of the target.

    Attributes:
        target: The whole program.
        reassociate: Sums and products in any order.
        limited_complex: Complex products, quotients and absolute values by the usual formulas.
        unroll: Loops are unrolled.
        innermost: Innermost loops are vectorised before anything is unrolled.
        alias_checks: Loops over many arrays that may overlap are vectorised for the case that they do not.
        vectors: Length of vectors in bits.
    """

    name: ClassVar[str] = "compile"

    target: str = "sdfg"
    reassociate: bool = False
    limited_complex: bool = False
    unroll: bool = False
    innermost: bool = False
    alias_checks: bool = False
    vectors: Literal["default", "256", "512"] = "default"

    def apply(self, sdfg: dace.SDFG, targets: Sequence[Handle]) -> Done:
        """Add the options to `sdfg`; yields nothing.

        Raises:
            NotApplicableError: None of the options makes a difference here.
        """
        held = {name for node, _ in sdfg.all_nodes_recursive() for name in getattr(node, "environments", ())}
        chosen = [option for option in self._options() if full_class_path(option) not in held]
        useful = [option for option in chosen if _matters(option, sdfg) and option.is_known()]
        if not useful:
            raise NotApplicableError("No option is chosen that the compiler knows and that could change the program.")
        for option in useful:
            _add(_first_state(sdfg), option)
        return Done(len(useful), f"compiles with {' '.join(option.flags[0] for option in useful)}")

    def _options(self) -> Iterator[type[Option]]:
        if self.reassociate:
            yield Reassociate
        if self.limited_complex:
            yield LimitedComplex
        if self.unroll:
            yield UnrollLoops
        if self.innermost:
            yield VectorizeInnermost
        if self.alias_checks:
            yield AliasChecks
        if self.vectors in _VECTORS:
            yield _VECTORS[self.vectors]


def _matters(option: type[Option], sdfg: dace.SDFG) -> bool:
    """Whether a program has numbers of the kind an option is about."""
    kinds = {Reassociate: "fc", LimitedComplex: "c"}.get(option)
    return kinds is None or any(_kind(descriptor) in kinds for _, _, descriptor in sdfg.arrays_recursive())


def _kind(descriptor: dace.data.Data) -> str:
    """NumPy's letter for a type; "O" for those that are none of NumPy's."""
    return np.dtype(getattr(descriptor.dtype, "type", None) or object).kind


def _first_state(sdfg: dace.SDFG) -> dace.SDFGState:
    start = sdfg.start_block
    return start if isinstance(start, dace.SDFGState) else sdfg.add_state_before(start, "options", is_start_block=True)


def _add(state: dace.SDFGState, option: type[Option]) -> None:
    """Add a tasklet that does nothing; by its comment, programs with different options have different digests."""
    comment, cpp = f"// {' '.join(option.flags)}", dace.Language.CPP
    tasklet = state.add_tasklet(f"option_{option.__name__}", {}, {}, comment, cpp, side_effects=True)
    tasklet.environments = {full_class_path(option)}
