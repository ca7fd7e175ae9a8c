"""`autotune`: turns a DaCe program or method into one that tunes itself."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from types import FunctionType
from typing import Any, overload

import dace
from dace.frontend.python.parser import DaceProgram

from dace_transfer.embeddings.encoders import DEFAULT
from dace_transfer.errors import DaceTransferError
from dace_transfer.program.settings import Settings
from dace_transfer.program.tuned import TunedProgram


class TunedMethod:
    """A `@dace.method` with one tuned program per object."""

    def __init__(self, method: Any, settings: Settings) -> None:
        """Wrap what `@dace.method` returned."""
        self._method = method
        self._settings = settings
        self._programs: dict[DaceProgram, TunedProgram] = {}

    def __get__(self, owner: Any, kind: type | None = None) -> TunedProgram:
        """The tuned program of an object."""
        program = self._method.__get__(owner, kind)
        if program not in self._programs:
            self._programs[program] = TunedProgram(program, self._settings)
        return self._programs[program]

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call it without an object, which DaCe compiles as a function; that is not tuned."""
        return self._method(*args, **kwargs)


@overload
def autotune(program: DaceProgram, /) -> Any: ...


@overload
def autotune(
    *,
    mode: str = "transfer",
    budget: float | None = None,
    device: str = "cpu",
    database: Any = None,
    cache: str | Path | None = None,
    encoder: str = DEFAULT,
) -> Callable[[Any], Any]: ...


def autotune(
    program: Any = None,
    /,
    *,
    mode: str = "transfer",
    budget: float | None = None,
    device: str = "cpu",
    database: Any = None,
    cache: str | Path | None = None,
    encoder: str = DEFAULT,
) -> Any:
    """Tune a DaCe program on its first call, and run the tuned version from then on.

    Use it bare or with arguments, above `@dace.program` or `@dace.method`; a plain function becomes a
    `@dace.program` first. A tuned version belongs to the types and sizes of its arguments; others are tuned when
    they first occur. Whatever goes wrong while tuning is one warning, and the program runs as DaCe's
    `auto_optimize` leaves it.

    A tuned version is kept for later processes, under a key of everything its code depends on: sources, outer
    values, argument types and sizes, versions, device, compiler, flags, threads, and the arguments below. What the
    database learns later is no part of the key: remove `programs` from the cache folder to tune anew.

    Args:
        program: The program.
        mode: "transfer" (recipes of the nearest tuned workloads, verified), "measure" (timed as well),
            "search" (more recipes within the budget) or "replay" (only what the database holds for exactly this).
        budget: Seconds after which no new candidate is tried.
        device: "cpu".
        database: File, URL or open store; the user's own database by default.
        cache: Folder of built programs; by default the one that DACE_TRANSFER_CACHE names, or the user's own.
        encoder: What finds neighbours: "features" (written by hand), "learnt" (the trained network that is shipped) or
            a file of weights that `dace-transfer train` wrote.

    Returns:
        A `TunedProgram`, or a `TunedMethod` for a `@dace.method`; a decorator when called without a program.

    Raises:
        DaceTransferError: The mode, the device or the encoder is unknown, or this is not a program.
    """
    settings = Settings(mode, budget, device, database, cache, encoder)
    settings.check()
    if program is None:
        return lambda decorated: _tuned(decorated, settings)
    return _tuned(program, settings)


def _tuned(program: Any, settings: Settings) -> TunedProgram | TunedMethod:
    if isinstance(program, DaceProgram):
        return TunedProgram(program, settings)
    if isinstance(program, FunctionType):
        return TunedProgram(dace.program(_not_a_method(program)), settings)
    # DaCe keeps the class of its methods to itself; this is what it is known by.
    if hasattr(type(program), "__get__") and isinstance(getattr(program, "wrapped", None), dict):
        return TunedMethod(program, settings)
    raise DaceTransferError(
        f"'autotune' was given {type(program).__name__}; expected a '@dace.program', a '@dace.method' or a function. "
        "An SDFG is tuned by 'dace_transfer.tune'."
    )


def _not_a_method(function: FunctionType) -> FunctionType:
    first = next(iter(inspect.signature(function).parameters), "")
    if first == "self":
        raise DaceTransferError(
            f"'{function.__qualname__}' is a method; put '@dace.method' between it and '@autotune'."
        )
    return function
