"""Who else is compared: compilers of array programs in Python, each from a package of its own."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dace_transfer.errors import DaceTransferError


@dataclass(frozen=True)
class Peer:
    """One of them.

    Attributes:
        title: How tables write it.
        versions: Names of its versions of a program, as NPBench ends its files. Every one is tried.
        threads: Environment variable that says how many threads it has.
    """

    title: str
    versions: tuple[str, ...]
    threads: str


PEERS: Mapping[str, Peer] = {
    "numba": Peer("Numba", ("numba_np", "numba_npr", "numba_n"), "NUMBA_NUM_THREADS"),
    "jax": Peer("JAX", ("jax", "jax_lib"), "NPROC"),
    "sparse_dot_mkl": Peer("MKL", ("mkl",), "MKL_NUM_THREADS"),
}
"""By package. Versions of Numba: parallel, parallel with explicit parallel loops, sequential; all without objects."""


def choose_peers(text: str) -> tuple[str, ...]:
    """The peers that a comma-separated text names.

    Raises:
        DaceTransferError: There is no such peer, or its package is not installed.
    """
    wanted = {name for name in text.split(",") if name}
    if unknown := sorted(wanted - set(PEERS)):
        raise DaceTransferError(f"There is no peer {', '.join(map(repr, unknown))}; choose of {', '.join(PEERS)}.")
    chosen = tuple(name for name in PEERS if name in wanted)
    for name in chosen:
        require(name)
    return chosen


def require(package: str) -> None:
    """Make sure that an optional package is installed.

    Raises:
        DaceTransferError: It is not.
    """
    if importlib.util.find_spec(package) is None:
        raise DaceTransferError(
            f"The package '{package}' is needed for this and is not installed; "
            "run `pip install --constraint constraints.txt --editable '.[bench]'`."
        )


def load(module: str) -> Any:
    """Import a module of an optional package; see `require`."""
    require(module.partition(".")[0])
    return importlib.import_module(module)


def installed(peers: Sequence[str]) -> dict[str, str]:
    """Versions of the packages of those peers that are installed."""
    return {name: importlib.metadata.version(name) for name in peers if importlib.util.find_spec(name)}


def environment(threads: int, folder: Path) -> dict[str, str]:
    """Environment variables for every peer: its threads, where pip puts MKL, and where Numba keeps what it compiled."""
    libraries = sorted(Path(sys.prefix, "lib").glob("libmkl_rt.so*"))
    mkl = {"MKL_RT": str(libraries[0])} if libraries else {}
    return {peer.threads: str(threads) for peer in PEERS.values()} | mkl | {"NUMBA_CACHE_DIR": str(folder / "numba")}


def kept(function: Callable[..., Any]) -> Callable[..., Any]:
    """Let Numba keep what it compiles for a function, and for those it calls, in files for the next process."""
    around = getattr(function, "py_func", function).__globals__
    for one in (function, *around.values()):
        if hasattr(one, "enable_caching"):
            one.enable_caching()
    return function


def compiled(function: Callable[..., Any], parallel: bool) -> Callable[..., Any]:
    """A function as Numba compiles it when it is first called, with what NPBench's versions are compiled with."""
    compile_it = load("numba").njit(parallel=parallel, fastmath=True)
    result: Callable[..., Any] = compile_it(function)
    return result
