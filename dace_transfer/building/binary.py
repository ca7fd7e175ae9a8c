"""What a finished build is: a library, an entry point in it, and the arguments that the entry point takes."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dace_transfer.building.expression import evaluate

ABI_FILE = "abi.json"


@dataclass(frozen=True)
class Argument:
    """One argument of a compiled SDFG, in call order.

    Attributes:
        name: Name of the container or symbol.
        kind: "array" (passed as a pointer) or "scalar" (passed by value).
        dtype: NumPy's name of the element type ("float64", "complex128", "bool", ...).
        shape: Extent per dimension, as expressions of the symbols; empty for scalars.
        strides: Elements to step per dimension, as expressions; empty for scalars.
        total_size: Elements of the whole buffer, padding included, as an expression; "1" for scalars.
        reads: Whether the program may use the value the caller put in.
        writes: Whether the program may change the buffer.
    """

    name: str
    kind: str
    dtype: str
    shape: tuple[str, ...] = ()
    strides: tuple[str, ...] = ()
    total_size: str = "1"
    reads: bool = True
    writes: bool = False

    def count(self, symbols: Mapping[str, int]) -> int:
        """Elements of the buffer at these symbol values."""
        return evaluate(self.total_size, symbols)

    def extents(self, symbols: Mapping[str, int]) -> tuple[int, ...]:
        """Shape at these symbol values."""
        return tuple(evaluate(extent, symbols) for extent in self.shape)

    def steps(self, symbols: Mapping[str, int]) -> tuple[int, ...]:
        """Strides, in elements, at these symbol values."""
        return tuple(evaluate(stride, symbols) for stride in self.strides)


@dataclass(frozen=True)
class Binary:
    """A compiled SDFG, loadable by any process of this machine without DaCe.

    The library exports `__dace_init_NAME(symbols...)`, which returns a handle, `__program_NAME(handle,
    arguments...)` and `__dace_exit_NAME(handle)`. Several binaries may share one library.

    Attributes:
        library: The shared library.
        name: NAME above.
        arguments: Arguments of the program, in call order.
        init_symbols: Names of the scalars that initialisation takes, in call order.
    """

    library: Path
    name: str
    arguments: tuple[Argument, ...]
    init_symbols: tuple[str, ...]

    def argument(self, name: str) -> Argument | None:
        """The argument of this name, or None."""
        return next((argument for argument in self.arguments if argument.name == name), None)


@dataclass(frozen=True)
class Failure:
    """A candidate that did not become a binary. An outcome, not an error.

    Attributes:
        kind: "codegen", "compile", "timeout" or "crash".
        message: One text for people; a compiler's first errors where it came to that.
    """

    kind: str
    message: str


def save(binary: Binary, folder: Path) -> None:
    """Write `abi.json` into a folder that lies beside the library's, so that both can be moved together."""
    library = os.path.relpath(binary.library, folder)
    (folder / ABI_FILE).write_text(json.dumps(asdict(binary) | {"library": library}))


def load(folder: Path) -> Binary | None:
    """Read a binary back, or None where there is none or its library is gone."""
    try:
        data = json.loads((folder / ABI_FILE).read_text())
        library = (folder / data["library"]).resolve()
        return from_json(data, library) if library.is_file() else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def from_json(data: Mapping[str, Any], library: Path) -> Binary:
    """Make a binary of its JSON form and its library."""
    arguments = tuple(
        Argument(**{**item, "shape": tuple(item["shape"]), "strides": tuple(item["strides"])})
        for item in data["arguments"]
    )
    return Binary(library, data["name"], arguments, tuple(data["init_symbols"]))
