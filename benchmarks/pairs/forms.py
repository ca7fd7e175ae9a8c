"""One computation written three ways."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

FORMS = ("A", "B", "C")
"""A: explicit loops in the customary order. B: explicit loops of another structure. C: as one writes it with NumPy."""


def three_forms(
    name: str,
    description: str,
    forms: tuple[Any, Any, Any],
    *,
    sizes: Mapping[str, Sizes],
    make_inputs: Callable[[Sizes, np.random.Generator], Arguments],
    reference: Callable[..., Any],
    outputs: tuple[str, ...],
) -> dict[str, Program]:
    """Make a program of each form, all with the same arguments and the same reference.

    Args:
        name: Of the computation; it is the family of all forms.
        description: One line for tables.
        forms: The `DaceProgram`s, in the order of `FORMS`.
        sizes: By preset, the values of the symbols: "S" takes milliseconds, "M" up to half a second.
        make_inputs: From sizes and a random generator to every argument, by name.
        reference: The computation in plain NumPy, called with the same arguments.
        outputs: The arguments that are compared afterwards.
    """
    return {
        form: Program(
            name=f"{name}-{form}",
            family=name,
            program=program,
            sizes=sizes,
            make_inputs=make_inputs,
            reference=reference,
            outputs=outputs,
            description=description,
        )
        for form, program in zip(FORMS, forms, strict=True)
    }
