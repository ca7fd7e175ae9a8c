"""What a benchmark program is: a DaCe program, its sizes, its inputs and its NumPy reference."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

Sizes = Mapping[str, int]
Arguments = dict[str, Any]


@dataclass(frozen=True)
class Program:
    """One program of the benchmark set.

    Attributes:
        name: The program's name, unique in the set.
        family: Its kernel family. Programs of one family are kin: a claim about transfer leaves all out.
        program: What a user would write, a `DaceProgram` with symbolic sizes.
        sizes: By preset, the values of the program's symbols: "S" takes milliseconds, "M" tens of them.
        make_inputs: From sizes and a random generator to every argument of the program, by name.
        reference: The same computation in NumPy, called with the same arguments.
        outputs: The arguments that are compared afterwards, or "__return" for the value returned.
        description: One line for tables.
        rtol: Largest accepted relative error in the norm of an output.
    """

    name: str
    family: str
    program: Any
    sizes: Mapping[str, Sizes]
    make_inputs: Callable[[Sizes, np.random.Generator], Arguments]
    reference: Callable[..., Any]
    outputs: tuple[str, ...]
    description: str
    rtol: float = 1e-10

    def inputs(self, preset: str, seed: int = 0) -> Arguments:
        """The arguments of one run, equal for equal seeds; the caller owns the arrays."""
        return self.make_inputs(self.sizes[preset], np.random.default_rng(seed))
