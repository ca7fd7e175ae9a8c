"""From what the user hands in to the SDFG that is tuned."""

from __future__ import annotations

import copy

import dace
from dace.frontend.python.parser import DaceProgram


def parse(program: dace.SDFG | DaceProgram) -> dace.SDFG:
    """Return the simplified SDFG of a program; always a copy."""
    if isinstance(program, dace.SDFG):
        sdfg = copy.deepcopy(program)
        sdfg.simplify()
        return sdfg
    return copy.deepcopy(program.to_sdfg(simplify=True))
