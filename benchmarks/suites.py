"""The suites there are: our own programs, ways of writing one, sparse products, and a checkout of NPBench."""

from __future__ import annotations

import importlib.util
import inspect
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from benchmarks.case import Case, Suite, Tolerance
from benchmarks.families import families_of
from benchmarks.peers import PEERS, compiled
from dace_transfer.errors import DaceTransferError

if TYPE_CHECKING:  # Importing the programs imports DaCe, which the processes of peers do without.
    from benchmarks.programs.base import Program

EXAMPLES = "examples"
PAIRS = "pairs"
SPARSE = "sparse"


def open_suite(where: str) -> Suite:
    """Our own programs for "examples", "pairs" and "sparse", otherwise the NPBench checkout in a folder."""
    own: dict[str, Callable[[], Suite]] = {EXAMPLES: Examples, PAIRS: Pairs, SPARSE: Sparse}
    return own[where]() if where in own else NPBench(Path(where))


class Examples:
    """The programs of `benchmarks.programs`."""

    def names(self) -> list[str]:
        """Names of all programs."""
        from benchmarks.programs import PROGRAMS

        return list(PROGRAMS)

    def load(self, name: str, preset: str) -> Case:
        """One program at one size."""
        from benchmarks.programs import PROGRAMS

        return _case(PROGRAMS[name], preset)


class Pairs:
    """The computations of `benchmarks.pairs`: every form is a program, "gemm-A" and so on."""

    def names(self) -> list[str]:
        """Names of all forms of all computations."""
        from benchmarks.pairs import KERNELS

        return [program.name for forms in KERNELS.values() for program in forms.values()]

    def load(self, name: str, preset: str) -> Case:
        """One form at one size."""
        from benchmarks.pairs import KERNELS

        kernel, _, form = name.rpartition("-")
        return _case(KERNELS[kernel][form], preset)


class Sparse:
    """The products of `benchmarks.sparse`."""

    def names(self) -> list[str]:
        """Names of all products."""
        from benchmarks.sparse import PROGRAMS

        return list(PROGRAMS)

    def load(self, name: str, preset: str) -> Case:
        """One product at one size."""
        from benchmarks.sparse import PROGRAMS, with_mkl

        return replace(_case(PROGRAMS[name], preset), peers={"mkl": with_mkl})


def _case(program: Program, preset: str) -> Case:
    return Case(
        name=program.name,
        families=(program.family,),
        load_program=lambda: program.program,
        arguments={**program.sizes[preset], **program.inputs(preset)},
        reference=program.reference,
        reference_arguments=list(inspect.signature(program.reference).parameters),
        outputs=[output for output in program.outputs if not output.startswith("__")],
        tolerance=Tolerance(norm=program.rtol),
        peers={
            "numba_np": partial(compiled, program.reference, parallel=True),
            "numba_n": partial(compiled, program.reference, parallel=False),
        },
    )


@dataclass(frozen=True)
class NPBench:
    """A checkout of the NPBench suite (github.com/spcl/npbench); only its benchmarks are read, not its framework."""

    folder: Path

    def names(self) -> list[str]:
        """Benchmarks that have a DaCe version."""
        described = sorted((self.folder / "bench_info").glob("*.json"))
        if not described:
            raise DaceTransferError(f"'{self.folder}' holds no 'bench_info'; expected a checkout of NPBench.")
        return [path.stem for path in described if self._module(self._info(path.stem), "_dace").is_file()]

    def load(self, name: str, preset: str) -> Case:
        """One benchmark at one size."""
        info = self._info(name)
        if preset not in info["parameters"]:
            raise DaceTransferError(f"'{name}' has no preset '{preset}'; it has {', '.join(info['parameters'])}.")
        values: dict[str, Any] = dict(info["parameters"][preset])
        values |= self._initialized(info, values)
        return Case(
            name=name,
            families=families_of(name),
            load_program=partial(self._function, info, "_dace"),
            arguments=values,
            reference=self._function(info, "_numpy"),
            reference_arguments=info["input_args"],
            outputs=info["output_args"],
            tolerance=Tolerance(info.get("rtol", 1e-5), info.get("atol", 1e-8), info.get("norm_error", 1e-5)),
            peers=self._peers(info),
        )

    def _info(self, name: str) -> dict[str, Any]:
        path = self.folder / "bench_info" / f"{name}.json"
        if not path.is_file():
            raise DaceTransferError(f"NPBench has no benchmark '{name}': '{path}' does not exist.")
        described: dict[str, Any] = json.loads(path.read_text())["benchmark"]
        return described

    def _module(self, info: Mapping[str, Any], suffix: str) -> Path:
        folder = self.folder / "npbench" / "benchmarks" / str(info["relative_path"])
        return folder / f"{info['module_name']}{suffix}.py"

    def _function(self, info: Mapping[str, Any], suffix: str) -> Callable[..., Any]:
        function: Callable[..., Any] = getattr(_import(self._module(info, suffix)), info["func_name"])
        return function

    def _peers(self, info: Mapping[str, Any]) -> dict[str, Callable[[], Callable[..., Any]]]:
        versions = [version for peer in PEERS.values() for version in peer.versions]
        present = [version for version in versions if self._module(info, f"_{version}").is_file()]
        return {version: partial(self._function, info, f"_{version}") for version in present}

    def _initialized(self, info: Mapping[str, Any], parameters: Mapping[str, Any]) -> dict[str, Any]:
        init = info.get("init")
        if not init:
            return {}
        initialize = getattr(_import(self._module(info, "")), init["func_name"])
        made = initialize(*(parameters[name] for name in init["input_args"]))
        names = init["output_args"]
        return dict(zip(names, (made,) if len(names) == 1 else made, strict=True))


def _import(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"npbench_{path.stem}", path)
    if spec is None or spec.loader is None or not path.is_file():
        raise DaceTransferError(f"'{path}' cannot be imported; expected a Python module of NPBench.")
    # Numba looks for the module of a function whose compiled code it has kept.
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
