"""The compiling child: imports DaCe once, then turns SDFG files into shared libraries until it is ended."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

from dace.codegen import compiler
from dace.codegen.codeobject import CodeObject
from dace.config import Config

from dace_transfer.building.abi import describe, return_scalars
from dace_transfer.errors import message_of, told
from dace_transfer.serving import Reply, Request, serve
from dace_transfer.toolchain import activate
from dace_transfer.transformations import environments  # noqa: F401 -- DaCe finds by name what is imported.
from dace_transfer.written import load

_ERROR_LINES = 12


def build_unit(request: Request, reply: Reply) -> None:
    """Generate the code of every SDFG of a request and compile it as one library.

    Request: `{"folder", "unit", "flags", "sdfgs": [{"path", "name"}]}`. Reply: `{"binaries": {name: abi},
    "failures": {name: message}, "library": path or None, "error": message or None}`; an SDFG whose code cannot be
    generated is a failure of its own and does not stop the others.
    """
    if request["flags"]:
        Config.set("compiler", "cpu", "args", value=request["flags"])
    binaries: dict[str, Any] = {}
    failures: dict[str, str] = {}
    objects: list[CodeObject] = []
    for item in request["sdfgs"]:
        try:
            sdfg = load(Path(item["path"]))
            return_scalars(sdfg)
            generated = sdfg.generate_code()
            binaries[item["name"]] = describe(sdfg, generated)
            objects += generated
        except Exception as error:  # noqa: BLE001 -- a candidate may fail in any way
            failures[item["name"]] = told(error)
    library, message = None, None
    if objects:
        library, message = _compile(objects, request["unit"], Path(request["folder"]))
    reply({"binaries": binaries, "failures": failures, "library": library, "error": message})


def _compile(objects: list[CodeObject], unit: str, folder: Path) -> tuple[str | None, str | None]:
    try:
        compiler.generate_program_folder(None, _as_one(objects, unit), str(folder), folder_mode="development")
        # The frames include it; DaCe writes it only when there is one SDFG.
        (folder / "include").mkdir(exist_ok=True)
        (folder / "include" / "hash.h").touch()
        return str(compiler.configure_and_compile(str(folder), unit, folder_mode="development")), None
    except Exception as error:  # noqa: BLE001 -- compilers and linkers fail in any way
        return None, _first_errors(message_of(error))


def _as_one(objects: list[CodeObject], unit: str) -> list[CodeObject]:
    """Join the frames into one translation unit: the runtime's headers dominate the compile time."""
    linkable = [item for item in objects if item.linkable]
    frames = [item for item in linkable if item.title == "Frame"]
    joined = copy.copy(frames[0])
    joined.name = unit
    joined.code = "\n".join(frame.clean_code for frame in frames)
    joined.environments = frozenset().union(*(frame.environments for frame in frames))
    others = {(item.name, item.title): item for item in linkable if item.title != "Frame"}
    return [joined, *others.values()]


def _first_errors(text: str) -> str:
    errors = [line.strip() for line in text.splitlines() if "error" in line.lower()]
    return "\n".join((errors or text.splitlines())[:_ERROR_LINES])


def main() -> None:
    """Serve builds until the parent ends."""
    activate()
    Config.set("debugprint", value=False)
    serve(build_unit)
