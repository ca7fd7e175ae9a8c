"""A DaCe program in every respect, except that calling it runs a tuned version."""

from __future__ import annotations

import functools
import hashlib
import json
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import dace
import numpy as np
from dace.config import Config
from dace.frontend.python.cached_program import DaceProgramCache
from dace.frontend.python.parser import DaceProgram

import dace_transfer
from dace_transfer.cache import cache_folder
from dace_transfer.errors import NoRecordError, RunError, StoreError, told
from dace_transfer.hardware import describe_cpu
from dace_transfer.program.binding import Parameters, Signature, form_of, parameters_of, signature_of
from dace_transfer.program.closure import Dependencies, Read, dependencies, refresh
from dace_transfer.program.entry import FORMAT, Entry, EntryFolder
from dace_transfer.program.making import Subject, fits, make_entry, unsupported
from dace_transfer.program.plan import Library, Plan
from dace_transfer.program.settings import Settings
from dace_transfer.program.values import describe
from dace_transfer.program.warning import warn
from dace_transfer.report import Report
from dace_transfer.target import Target

_VARIANTS = 16
_SECTIONS = ("frontend", "optimizer", "library", "compiler", "instrumentation")


@dataclass(frozen=True)
class NotTuned:
    """Stands for the report of a program that was not called yet. It is false.

    Attributes:
        program: Name of the program.
    """

    program: str

    def __bool__(self) -> bool:
        return False

    def __str__(self) -> str:
        return f"'{self.program}' was not tuned yet; it is when it is called for the first time."

    def _repr_html_(self) -> str:
        return f"<pre>{self}</pre>"


@dataclass(frozen=True)
class _Variant:
    """How to run one form of call, as long as its dependencies hold; without a plan, DaCe runs it."""

    dependencies: Dependencies
    plan: Plan | None


@dataclass
class _State:
    """What a program has learnt from its calls."""

    settings: Settings
    parameters: Parameters
    variants: dict[Signature, list[_Variant]] = field(default_factory=dict)
    ready: dict[str, tuple[Entry, Library]] = field(default_factory=dict)
    last: Entry | None = None
    untuned: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __deepcopy__(self, memo: dict[int, Any]) -> _State:
        return _State(self.settings, self.parameters, untuned=self.untuned)


@dataclass(frozen=True)
class _Call:
    """One call, as DaCe sees it."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    form: Mapping[str, int | str]
    types: Mapping[str, Any]
    extra: Mapping[str, Any]
    constants: Mapping[str, Any]
    defaults: Mapping[str, Any]

    def value(self, name: str) -> Any:
        """The value given for an argument."""
        where = self.form[name]
        return self.args[where] if isinstance(where, int) else self.kwargs[where]


class TunedProgram(DaceProgram):  # type: ignore[misc]
    """A `@dace.program` whose calls run a version tuned for their sizes.

    The first call with arguments of given types and sizes tunes and builds, or takes what this or another process
    built before; later ones only look up what to run and call it. Everything else (`to_sdfg`, `compile`, being
    called from another program) is DaCe's.
    """

    def __init__(self, program: DaceProgram, settings: Settings) -> None:
        """Take over a program, which is not used any more by itself."""
        self.__dict__.update(program.__dict__)
        # Its cache asks the program it was made for about outer values.
        self._cache = DaceProgramCache(self._eval_closure)
        self._tuning = _State(settings, parameters_of(program))
        if not (program.recreate_sdfg and program.regenerate_code and program.recompile):
            self._tuning.untuned = "it was told to use files that are edited by hand"
        elif program.distributed_compilation:
            self._tuning.untuned = "it is compiled by one process for all"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the tuned version on these arguments; the first time, tune it."""
        state = self._tuning
        signature = signature_of(state.parameters, args, kwargs)
        if signature is None or state.untuned:
            return self._run_untuned(args, kwargs)
        for variant in state.variants.get(signature, ()):
            if variant.dependencies.hold():
                break
        else:
            variant = self._first_call(signature, args, kwargs)
        if variant.plan is None:
            return super().__call__(*args, **kwargs)
        return variant.plan(args, kwargs)

    @property
    def report(self) -> Report | NotTuned:
        """How the version that was prepared last was tuned."""
        last = self._tuning.last
        return last.report if last is not None else NotTuned(self.name)

    @property
    def reports(self) -> tuple[Report, ...]:
        """The reports of all versions, in the order of their first calls."""
        return tuple(entry.report for entry, _ in self._tuning.ready.values())

    @property
    def tuned_sdfg(self) -> dace.SDFG | None:
        """The SDFG of the version that was prepared last; None before the first call."""
        last = self._tuning.last
        return last.sdfg if last is not None else None

    def load_sdfg(self, path: str, *args: Any, **kwargs: Any) -> Any:
        """Load an SDFG that calls use from now on, as `DaceProgram.load_sdfg` does; it is not tuned."""
        self._tuning.untuned = "it runs an SDFG that was loaded"
        return super().load_sdfg(path, *args, **kwargs)

    def load_precompiled_sdfg(self, path: str, *args: Any, **kwargs: Any) -> Any:
        """Load a build that calls use from now on, as `DaceProgram.load_precompiled_sdfg` does."""
        self._tuning.untuned = "it runs a build that was loaded"
        return super().load_precompiled_sdfg(path, *args, **kwargs)

    def _run_untuned(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        why = self._tuning.untuned or "it is called with values that are neither NumPy arrays nor numbers"
        warn(f"'{self.name}' runs untuned: {why}.")
        return super().__call__(*args, **kwargs)

    def _first_call(self, signature: Signature, args: tuple[Any, ...], kwargs: dict[str, Any]) -> _Variant:
        state = self._tuning
        with state.lock:
            variants = state.variants.setdefault(signature, [])
            for variant in variants:  # Another thread may have done it while this one waited.
                if variant.dependencies.hold():
                    return variant
            variant = self._variant(self._call(args, kwargs))
            variants.insert(0, variant)
            del variants[_VARIANTS:]
            return variant

    def _variant(self, call: _Call) -> _Variant:
        found = Dependencies("", (), (), ())
        try:
            found = dependencies(self, {**call.constants, **call.defaults})
            for program in found.programs:
                refresh(program)
            self.global_vars.update(call.constants)
            return _Variant(found, self._plan(call, found))
        except NoRecordError:
            raise
        except Exception as error:  # noqa: BLE001 -- whatever happens here, the program must run
            warn(f"'{self.name}' runs untuned: {told(error)}")
            return _Variant(found, None)

    def _call(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> _Call:
        refresh(self)
        types, extra, constants, specified = self._get_type_annotations(args, dict(kwargs))
        names = self._tuning.parameters.constants
        return _Call(
            args,
            kwargs,
            form_of(self._tuning.parameters, args, kwargs),
            types,
            extra,
            {name: value for name, value in constants.items() if name in names},
            {name: value for name, value in self.default_args.items() if name not in specified},
        )

    def _plan(self, call: _Call, found: Dependencies) -> Plan | None:
        """Find or make what runs this call; None when that is left to DaCe."""
        target = describe_cpu()
        key = self._key(call, found, target)
        if key not in self._tuning.ready:
            ready = self._find(key) or self._make(key, call, target)
            if ready is None:
                return None
            self._tuning.ready[key] = ready
        entry, library = self._tuning.ready[key]
        self._tuning.last = entry
        outer: dict[str, Read] = {}
        if entry.uses_outer_arrays:
            self.get_program_hash(*call.args, **call.kwargs)
            for name, read in self.closure_arg_mapping.items():
                outer[name] = found.reader(read()) or functools.partial(_same, read())
        example = {name: call.value(name) for name in call.form}
        return Plan(library, call.form, call.defaults, outer, example)

    def _find(self, key: str) -> tuple[Entry, Library] | None:
        folder = self._folder()
        if self._tuning.settings.location is None:
            return None
        try:
            entry = folder.find(key)
            return (entry, Library(entry.binary, entry.symbols)) if entry is not None else None
        except (StoreError, RunError) as error:
            warn(f"'{self.name}' is tuned again, because what was kept of it is damaged: {error}")
            folder.remove(key)
            return None

    def _make(self, key: str, call: _Call, target: Target) -> tuple[Entry, Library] | None:
        try:
            sdfg = self._parse(call.args, dict(call.kwargs))
            values = self._create_sdfg_args(sdfg, call.args, {**call.kwargs, **call.extra})
        except Exception:  # noqa: BLE001 -- it is the user's error, and DaCe says so when it runs the call
            return None
        why = unsupported(sdfg)
        if why:
            warn(f"'{self.name}' runs untuned: {why}.")
            return None
        symbols = {name: int(values[name]) for name in map(str, sdfg.free_symbols) if name in values}
        if not fits(sdfg, values, symbols):
            return None
        outer = frozenset(self.closure_arg_mapping)
        builds = cache_folder(self._tuning.settings.cache) / "builds"
        entry, tuned = make_entry(Subject(sdfg, values, symbols, outer, target, builds), self._tuning.settings)
        if tuned and self._tuning.settings.location is not None:
            entry = self._keep(key, entry)
        return entry, Library(entry.binary, entry.symbols)

    def _keep(self, key: str, entry: Entry) -> Entry:
        try:
            return self._folder().add(key, entry)
        except (OSError, StoreError) as error:
            warn(f"'{self.name}' is tuned again by every process, because it cannot be kept: {error}")
            return entry

    def _folder(self) -> EntryFolder:
        return EntryFolder(cache_folder(self._tuning.settings.cache) / "programs")

    def _key(self, call: _Call, found: Dependencies, target: Target) -> str:
        """Name a tuned binary by everything that can change it."""
        settings, parameters = self._tuning.settings, self._tuning.parameters
        given = {}
        for name in call.form:
            compiled_in = name in parameters.constants or name not in parameters.keywords
            given[name] = _kind(call.value(name), compiled_in)
        parts = {
            "versions": [FORMAT, dace_transfer.__version__, dace.__version__, sys.prefix],
            "target": target.digest,
            "configuration": [Config.get(section) for section in _SECTIONS],
            "settings": [settings.mode, settings.budget, settings.device, settings.location, settings.encoder],
            "options": [self.resolve_functions, self.use_explicit_cf, self.ignore_type_hints, str(self.dec_kwargs)],
            "name": self.name,
            "code": found.text,
            "given": given,
            "types": {name: str(descriptor.to_json()) for name, descriptor in call.types.items()},
            "defaults": {name: describe(value, contents=True) for name, value in call.defaults.items()},
        }
        return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:32]


def _same(value: Any) -> Any:
    return value


def _kind(value: Any, compiled_in: bool) -> str:
    """What the key says of a given value; the types of numbers are DaCe's, which are in the key as well."""
    if compiled_in or isinstance(value, np.ndarray):
        return describe(value, contents=compiled_in)
    return "nothing" if value is None else "number"
