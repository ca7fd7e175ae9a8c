"""The running child: runs compiled programs and compares them with Python; one program per request."""

from __future__ import annotations

import ctypes
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.random_programs.generate import distance, generate, nudge
from benchmarks.random_programs.program import RandomProgram, Values
from benchmarks.random_programs.unit import MAP_ORDERS, ORDER_FUNCTION
from dace_transfer.building.binary import Binary, from_json
from dace_transfer.errors import RunError
from dace_transfer.measure.arena import Arena
from dace_transfer.serving import Reply, Request, serve

_ROUNDING = 1024.0
_NUDGES = 16.0


def handle(request: Request, reply: Reply) -> None:
    """Answer `{"seed", "binary", "library"}` with `{"wrong": what is wrong, or ""}`."""
    binary = from_json(request["binary"], Path(request["library"]))
    try:
        reply({"wrong": judge(generate(request["seed"]), binary)})
    except RunError as error:
        reply({"wrong": str(error)})


def judge(program: RandomProgram, binary: Binary) -> str:
    """Run a program with its maps in every order; says how the first wrong result differs from Python's.

    Raises:
        RunError: It takes other arguments than the program has.
    """
    given = program.make_arguments(0)
    expected, allowed = expectation(program)
    arena = _arena(program, binary, given)
    compiled = arena.load(binary)
    choose = getattr(ctypes.CDLL(str(binary.library)), ORDER_FUNCTION)
    for number, order in enumerate(MAP_ORDERS):
        choose(number)
        arena.reset()
        compiled.run()
        if arena.overrun():
            return f"With maps {order}, it writes outside of {', '.join(arena.overrun())}."
        for name, buffer in arena.buffers.items():
            error = _error(buffer.data.reshape(expected[name].shape), expected[name])
            if not error <= allowed[name]:
                return f"With maps {order}, '{name}' is off by {error:.2g}, where {allowed[name]:.2g} is allowed."
    return ""


def expectation(program: RandomProgram) -> tuple[Values, dict[str, float]]:
    """What Python computes, and how far each array may be from it: some times what rounding its inputs does."""
    expected, nudged = program.make_arguments(0), nudge(program.make_arguments(0))
    with np.errstate(all="ignore"):
        program.reference(expected)
        program.reference(nudged)
    arrays = {name: value for name, value in expected.items() if np.ndim(value)}
    return arrays, {name: _allowed(nudged[name], value) for name, value in arrays.items()}


def _allowed(nudged: Any, expected: Any) -> float:
    if expected.dtype.kind != "f":
        return 0.0
    return _ROUNDING * float(np.finfo(expected.dtype).eps) + _NUDGES * _error(nudged, expected)


def _error(found: Any, expected: Any) -> float:
    return float(np.max(distance(found, expected), initial=0.0))


def _arena(program: RandomProgram, binary: Binary, given: Values) -> Arena:
    pristine, scalars = {}, dict[str, Any](program.sizes)
    for argument in binary.arguments:
        value = given.get(argument.name, program.sizes.get(argument.name))
        if value is None:
            raise RunError(f"It takes '{argument.name}', which is no argument of the program.")
        if argument.kind == "scalar":
            scalars[argument.name] = value
            continue
        steps = tuple(step * value.itemsize for step in argument.steps(program.sizes))
        if argument.extents(program.sizes) != value.shape or steps != value.strides or argument.dtype != value.dtype:
            raise RunError(f"It takes '{argument.name}' in another layout than the program does.")
        pristine[argument.name] = value.ravel()
    for name, value in given.items():
        if np.ndim(value) and name not in pristine:
            pristine[name] = value.ravel()
    return Arena(binary.arguments, pristine, scalars)


def main() -> None:
    """Serve until the parent ends."""
    serve(handle)
