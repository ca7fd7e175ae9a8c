"""Compile lowered computations, many at a time, and compare what they leave with execution one element at a time."""

import copy
from collections.abc import Callable, Mapping

import dace
import numpy as np
import pytest
from dace import nodes
from dace.sdfg.state import LoopRegion

from dace_transfer.building.binary import Binary
from dace_transfer.building.builder import Builder
from dace_transfer.measure.calling import Program
from dace_transfer.toolchain import activate
from dace_transfer.transformations.finalize import finalize
from dace_transfer.transformations.normalization.affine import affine
from dace_transfer.transformations.normalization.lowering import lower
from dace_transfer.transformations.normalization.tree import Computation

SIZES = ({"N": 7, "M": 5, "K": 6, "T": 3}, {"N": 4, "M": 9, "K": 3, "T": 2}, {"N": 2, "M": 2, "K": 2, "T": 2})

_SINGLE, _LONG, _INT, _COMPLEX = dace.float32, dace.int64, dace.int32, dace.complex128
_ARGUMENTS = {"A": ("N", "K"), "B": ("K", "M"), "C": ("N", "M"), "D": ("M", "K"), "E": ("K", "N"), "H": ("N", "N")}
_ARGUMENTS |= {"x": ("K",), "y": ("N",), "z": ("N",), "w": ("N",), "t": (1,), "a": ()}
_ARGUMENTS |= {"G": ("N", "T", "K"), "L": ("T", "N", "K"), "S": ("N", "N", "N")}
_ARGUMENTS |= {"Q": ("N", "T", "M"), "R": ("N", "T", "K"), "Z": ("T", "N", "K")}
_ARGUMENTS |= {"X": ("K", "T", "M"), "Y": ("K", "N", "N"), "O": ("N", "T", "T", "M"), "F": ("N", "T", "N", "M")}
_ARGUMENTS |= {"p": (("K",), _SINGLE), "q": (("N",), _SINGLE), "P": (("N", "K"), _SINGLE)}
_ARGUMENTS |= {"m": (("K",), _LONG), "n": (("N",), _LONG), "o": ((1,), _INT), "J": (("N", "K"), _INT)}
_ARGUMENTS |= {"U": (("N", "K"), _COMPLEX), "V": (("M", "K"), _COMPLEX), "W": (("N", "M"), _COMPLEX)}
_ARGUMENTS |= {"u": (("K",), _COMPLEX), "v": (("N",), _COMPLEX), "r": ((1,), _COMPLEX)}
_ARGUMENTS |= {"starts": (("N + 1",), _INT), "places": (("K",), dace.uint32)}
_TRANSIENTS = {"b": (), "c": ("N",), "e": ("N", "K"), "g": ("N", "M")}
_TABLES = {"starts": np.sort, "places": np.asarray}
"""What indices of the K elements of `x` are made of, and how."""


@pytest.fixture
def written(read) -> Callable[[str], Computation]:
    """`written(text)`: a computation over the containers it names of a fixed set."""

    def make(text: str) -> Computation:
        words = set(_words(text))
        named = [{n: s for n, s in group.items() if n in words} for group in (_ARGUMENTS, _TRANSIENTS)]
        computation = read(text, *named)
        for size in sorted(SIZES[0].keys() & words - computation.origin.symbols.keys()):
            computation.origin.add_symbol(size, dace.int32)
        return computation

    return make


def _words(text: str) -> list[str]:
    return "".join(letter if letter.isalnum() else " " for letter in text).split()


@pytest.fixture
def looks() -> Callable[[dace.SDFG], str]:
    """`looks(sdfg)`: its blocks, separated by bars, with their code nodes in order of their labels."""
    return _looks


def _looks(region) -> str:
    blocks = list(dace.sdfg.utils.dfs_topological_sort(region, [region.start_block]))
    return " | ".join(f"for({_looks(b)})" if isinstance(b, LoopRegion) else _looks_of_state(b, None) for b in blocks)


def _looks_of_state(state: dace.SDFGState, scope: nodes.EntryNode | None) -> str:
    scopes = state.scope_dict()
    code = [n for n in state.nodes() if scopes[n] is scope and isinstance(n, (nodes.CodeNode, nodes.EntryNode))]
    order = {node: place for place, node in enumerate(dace.sdfg.utils.dfs_topological_sort(state))}
    return " ".join(_looks_of_node(state, node) for node in sorted(code, key=order.__getitem__))


def _looks_of_node(state: dace.SDFGState, node: nodes.Node) -> str:
    if isinstance(node, nodes.EntryNode):
        kind = "seq" if node.map.schedule == dace.ScheduleType.Sequential else "map"
        return f"{kind}({_looks_of_state(state, node)})"
    return f"[{_looks(node.sdfg)}]" if isinstance(node, nodes.NestedSDFG) else type(node).__name__.lower()


@pytest.fixture
def right(builder: Builder, execute, written) -> Callable[[Mapping[str, str]], None]:
    """`right(texts)`: assert that lowered and compiled computations leave what execution leaves, in both BLASes."""

    def check(texts: Mapping[str, str]) -> None:
        activate()
        computations = {name: written(text) for name, text in texts.items()}
        lowered = {name: lower(computation) for name, computation in computations.items()}
        forms = {(name, ""): finalize(sdfg) for name, sdfg in lowered.items()}
        forms |= {(name, "pure"): _pure(sdfg) for name, sdfg in lowered.items() if _has_calls(sdfg)}
        wrong = []
        for (name, form), binary in zip(forms, builder.build(list(forms.values())), strict=True):
            assert isinstance(binary, Binary), (name, form, binary.message[-3000:])
            wrong += [
                f"{name} {form} {sizes}" for sizes in SIZES if not _agrees(binary, computations[name], sizes, execute)
            ]
        assert not wrong

    return check


def _has_calls(sdfg: dace.SDFG) -> bool:
    return any(
        isinstance(node, nodes.LibraryNode) and "OpenBLAS" in node.implementations
        for node, _ in sdfg.all_nodes_recursive()
    )


def _pure(sdfg: dace.SDFG) -> dace.SDFG:
    result = copy.deepcopy(sdfg)
    for node, _ in result.all_nodes_recursive():
        if isinstance(node, nodes.LibraryNode):
            node.implementation = "pure"
    result.expand_library_nodes()
    return result


def _agrees(binary: Binary, computation: Computation, sizes: dict[str, int], execute) -> bool:
    rng = np.random.default_rng(0)
    arguments = {name: _values(rng, desc, sizes) for name, desc in computation.containers.items() if not desc.transient}
    for name in _TABLES.keys() & arguments.keys():
        indices = rng.integers(0, sizes["K"], arguments[name].shape)
        arguments[name] = _TABLES[name](indices).astype(arguments[name].dtype)
    with np.errstate(all="ignore"):
        expected = execute(computation, sizes, arguments)
    scalars = {name: value for name, value in arguments.items() if not value.shape}
    program = Program(binary, {name: value.ctypes.data for name, value in arguments.items()}, {**sizes, **scalars})
    program.run()
    program.close()
    return all(
        np.allclose(value, expected[name], 1e-5 if value.dtype == np.float32 else 1e-10)
        for name, value in arguments.items()
    )


def _values(rng: np.random.Generator, desc: dace.data.Data, sizes: dict[str, int]) -> np.ndarray:
    shape = () if isinstance(desc, dace.data.Scalar) else [_size(affine(size), sizes) for size in desc.shape]
    if desc.dtype in dace.dtypes.INTEGER_TYPES:
        return np.asarray(rng.integers(-9, 9, shape), desc.dtype.type)
    values = rng.uniform(0.5, 1.5, shape)
    if desc.dtype == dace.complex128:
        values = values + 1j * rng.uniform(0.5, 1.5, shape)
    return np.asarray(values, desc.dtype.type)


def _size(value, sizes: dict[str, int]) -> int:
    return int(dace.symbolic.evaluate(dace.symbolic.pystr_to_symbolic(str(value)), sizes))
