"""Makes the entry of a program that was not called like this before: tune, build, or fall back."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dace
import numpy as np
from dace import data, symbolic
from dace.config import Config
from dace.transformation.auto.auto_optimize import auto_optimize

from dace_transfer import toolchain
from dace_transfer.building.binary import Binary, Failure
from dace_transfer.errors import BuildError, NoRecordError, told
from dace_transfer.program.entry import Entry
from dace_transfer.program.settings import Settings
from dace_transfer.program.warning import warn
from dace_transfer.report import Report
from dace_transfer.target import Target
from dace_transfer.verdict import Verdict


@dataclass(frozen=True)
class Subject:
    """A parsed program with the values of its first call.

    Attributes:
        sdfg: As DaCe simplified it; never changed.
        values: Value of every argument and symbol.
        symbols: Value of every free symbol.
        outer: Names of the arguments that are outer arrays.
        target: Device it is built for.
        builds: Folder of the builder's cache.
    """

    sdfg: dace.SDFG
    values: Mapping[str, Any]
    symbols: Mapping[str, int]
    outer: frozenset[str]
    target: Target
    builds: Path


def load_tuner() -> Callable[..., Any]:
    """Return `tune`; imported only here, because a program found in the cache needs no tuner."""
    from dace_transfer.tuner import tune

    return tune


def make_entry(subject: Subject, settings: Settings) -> tuple[Entry, bool]:
    """Tune and build a program; where that fails, warn once and build it as `auto_optimize` leaves it.

    Returns:
        The entry, and whether it is what tuning gave, so that it is worth keeping.

    Raises:
        NoRecordError: In mode "replay", when the database holds nothing for the program.
        BuildError: It cannot even be built as DaCe parsed it.
    """
    toolchain.activate()
    try:
        result = load_tuner()(
            subject.sdfg,
            _read_only(subject),
            mode=settings.mode,
            budget=settings.budget,
            device=settings.device,
            database=settings.database,
            encoder=settings.encoder,
        )
        return _entry(subject, result.sdfg, result.report), result.report.used != "simplified"
    except NoRecordError:
        raise
    except Exception as error:  # noqa: BLE001 -- whatever happens to a tuner, the program must run
        return _fall_back(subject, settings, told(error)), False


def _fall_back(subject: Subject, settings: Settings, why: str) -> Entry:
    versions: dict[str, Callable[[Subject], dace.SDFG]] = {
        "auto_optimize": _auto_optimize,
        "simplified": lambda subject: subject.sdfg,
    }
    for used, make in versions.items():
        try:
            sdfg = make(subject)
            if used != "simplified" and not _agrees(subject, sdfg):
                continue
            report = _failure_report(subject, settings, used, why)
            entry = _entry(subject, sdfg, report)
        except Exception:  # noqa: BLE001 -- DaCe raises all kinds of errors; the next version is simpler
            continue
        warn(f"'{subject.sdfg.name}' could not be tuned and runs as {used} leaves it: {why}")
        return entry
    raise BuildError(f"The program '{subject.sdfg.name}' could be neither tuned nor built: {why}")


def _agrees(subject: Subject, sdfg: dace.SDFG) -> bool:
    from dace_transfer.building.builder import Builder  # Neither is needed for what is found in the cache.
    from dace_transfer.verify import verify_program

    with Builder(subject.target, subject.builds) as builder:
        return verify_program(subject.sdfg, [sdfg], _read_only(subject), builder, subject.target)[0].ok


def _auto_optimize(subject: Subject) -> dace.SDFG:
    return auto_optimize(copy.deepcopy(subject.sdfg), dace.DeviceType.CPU, symbols=dict(subject.symbols))


def _entry(subject: Subject, sdfg: dace.SDFG, report: Report) -> Entry:
    binary = _build(subject, sdfg)
    outer = any(argument.name in subject.outer for argument in binary.arguments)
    return Entry(binary, subject.symbols, outer, report.to_json(), sdfg)


def _build(subject: Subject, sdfg: dace.SDFG) -> Binary:
    from dace_transfer.building.builder import Builder  # It is not needed for what is found in the cache.

    with Builder(subject.target, subject.builds, workers=1) as builder:
        outcome = builder.build([sdfg])[0]
    if isinstance(outcome, Failure):
        raise BuildError(f"The program '{sdfg.name}' cannot be built ({outcome.kind}): {outcome.message}")
    return outcome


def _read_only(subject: Subject) -> dict[str, Any]:
    """The values for the tuner, through which it cannot change the user's arrays."""
    names = {*subject.sdfg.arglist(), *subject.symbols}
    values = {name: value for name, value in subject.values.items() if name in names}
    for name, value in values.items():
        if isinstance(value, np.ndarray):
            values[name] = value.view()
            values[name].flags.writeable = False
    return values | dict(subject.symbols)


def _failure_report(subject: Subject, settings: Settings, used: str, why: str) -> Report:
    return Report(
        program=subject.sdfg.name,
        mode=settings.mode,
        target=subject.target.digest,
        device=f"{subject.target.model}, {subject.target.threads} threads",
        sizes=dict(subject.symbols),
        verdict=Verdict.FAILED,
        reason=why,
        used=used,
    )


def unsupported(sdfg: dace.SDFG) -> str:
    """Say which argument of a program only DaCe can pass; empty when there is none."""
    for name, descriptor in sdfg.arglist().items():
        plain = type(descriptor) in (data.Array, data.Scalar) and type(descriptor.dtype) is dace.typeclass
        if not plain or descriptor.storage is dace.StorageType.GPU_Global:
            return f"its argument '{name}' is {type(descriptor).__name__} of {descriptor.dtype}"
    return ""


def fits(sdfg: dace.SDFG, values: Mapping[str, Any], symbols: Mapping[str, int]) -> bool:
    """Whether the values of a call are what the program declares; DaCe looks at few of them before it runs."""
    views = Config.get_bool("compiler", "allow_view_arguments")
    taken = {name: item for name, item in sdfg.arglist().items() if not name.startswith("__return")}
    if not taken.keys() <= values.keys():
        return False
    for name, descriptor in taken.items():
        value = values[name]
        if isinstance(descriptor, data.Scalar):
            if isinstance(value, np.ndarray) or value is None:
                return False
        elif (
            type(value) is not np.ndarray or not (views or value.base is None) or not _alike(value, descriptor, symbols)
        ):
            return False
    return True


def _alike(value: np.ndarray[Any, Any], descriptor: data.Array, symbols: Mapping[str, int]) -> bool:
    if value.dtype != descriptor.dtype.as_numpy_dtype() or value.ndim != len(descriptor.shape):
        return False
    shape = tuple(int(symbolic.evaluate(extent, symbols)) for extent in descriptor.shape)
    steps = tuple(int(symbolic.evaluate(step, symbols)) * value.itemsize for step in descriptor.strides)
    same = all(extent <= 1 or a == b for extent, a, b in zip(shape, value.strides, steps, strict=True))
    return value.shape == shape and same
