"""The preparing child: parses and normalises programs, and generates their code, one program per request."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from typing import Any

import dace
import numpy as np
from dace import nodes
from dace.config import Config
from dace.sdfg.state import LoopRegion

from benchmarks.random_programs.generate import generate
from benchmarks.random_programs.program import RandomProgram
from benchmarks.random_programs.races import races
from benchmarks.random_programs.unit import Source
from dace_transfer import toolchain
from dace_transfer.building.abi import describe, return_scalars
from dace_transfer.errors import told
from dace_transfer.serving import Reply, Request, serve
from dace_transfer.transformations.finalize import finalize
from dace_transfer.transformations.normalization import normalize
from dace_transfer.workload import workload_of

_LONGEST_REASON = 400


def handle(request: Request, reply: Reply) -> None:
    """Answer `{"seed", "original"}`: prepare the normal form of a program, or what DaCe itself makes of it.

    Reply: what the row of the program holds so far, with "stage" the step that failed and "error" why, or both empty
    and "code" and "abi" for the compiler.
    """
    program = generate(request["seed"])
    row: dict[str, Any] = {"features": sorted(program.features), "stage": "parse", "error": ""}
    try:
        _prepare(program, bool(request["original"]), row)
        row["stage"] = ""
    except Exception as error:  # noqa: BLE001 -- whatever goes wrong is a result.
        row["error"] = told(error)[:_LONGEST_REASON]
    reply(row)


def _prepare(program: RandomProgram, original: bool, row: dict[str, Any]) -> None:
    sdfg = _timed(row, "parse", lambda: parse(program))
    if not original:
        row["loops_before"] = loops(sdfg)
        normal = _timed(row, "normalize", lambda: normalize(sdfg))
        row["loops_after"] = loops(normal)
        row["digest"] = _timed(row, "digest", lambda: workload_of(normal, program.sizes).digest)
        again = _timed(row, "normalize again", lambda: normalize(normal))
        row["digest_again"] = _timed(row, "digest again", lambda: workload_of(again, program.sizes).digest)
        sdfg = _timed(row, "finalize", lambda: finalize(normal))
        _timed(row, "races", lambda: _check_races(sdfg))
    row["stage"] = "codegen"
    sdfg.name = f"{program.name}_{'original' if original else 'normal'}"
    source = generate_source(sdfg)
    row |= {"code": source.code, "abi": source.abi}


def _check_races(sdfg: dace.SDFG) -> None:
    if found := races(sdfg):
        raise ValueError(found[0])


def generate_source(sdfg: dace.SDFG) -> Source:
    """Generate code; scalars that the program writes become arrays in `sdfg`."""
    return_scalars(sdfg)
    generated = sdfg.generate_code()
    code = "\n".join(item.clean_code for item in generated if item.title == "Frame")
    return Source(code, describe(sdfg, generated))


def _timed(row: dict[str, Any], stage: str, work: Callable[[], Any]) -> Any:
    row["stage"] = stage
    start = time.process_time()
    result = work()
    row[f"{stage} s".replace(" ", "_")] = round(time.process_time() - start, 4)
    return result


def parse(program: RandomProgram) -> dace.SDFG:
    """What DaCe's own frontend and simplification make of a program."""
    symbols = {name: dace.symbol(name) for name in program.sizes}
    sdfg: dace.SDFG = program.load(dace, np, symbols).to_sdfg(simplify=True)
    return sdfg


def loops(sdfg: dace.SDFG) -> int:
    """Loops of a program: dimensions of maps, and loops of its control flow."""
    regions = sum(isinstance(region, LoopRegion) for region in sdfg.all_control_flow_regions(recursive=True))
    maps = (node for node, _ in sdfg.all_nodes_recursive() if isinstance(node, nodes.MapEntry))
    return regions + sum(len(node.map.params) for node in maps)


def main() -> None:
    """Serve until the parent ends."""
    toolchain.activate()
    warnings.simplefilter("ignore")
    Config.set("debugprint", value=False)
    serve(handle)
