"""Graphs depend on what is computed, at which sizes and on which device, and on nothing else."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from typing import ClassVar

import dace
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.random_programs import RandomProgram, generate
from benchmarks.random_programs.preparing import parse
from dace_transfer.embeddings.gnn import Ensemble, batch_of
from dace_transfer.embeddings.graph import EDGE_WIDTH, NODE_WIDTH, Graph, graph_of
from dace_transfer.embeddings.graph_features import NODES, RELATIONS
from dace_transfer.embeddings.shape import Shape
from dace_transfer.errors import WorkloadError
from dace_transfer.target import Target
from dace_transfer.transformations.normalization import normalize
from dace_transfer.workload import workload_of

N, M, ROWS, COLS = (dace.symbol(name) for name in ("N", "M", "ROWS", "COLS"))
TARGET = Target("cpu", "test", ("avx2",), 2, (2**15, 2**20, 2**25), "gcc 12", "-O3")


@dace.program
def two_steps(a: dace.float64[N, M], b: dace.float64[N, M], c: dace.float64[M]):
    for k in range(1, M):
        b[:, k] = b[:, k - 1] / a[:, k]
    c[:] = np.sum(b, axis=0)
    b[:] = a * 2.0


@dace.program
def two_steps_renamed(p: dace.float64[COLS, N], q: dace.float64[COLS, N], r: dace.float64[N]):
    for step in range(1, N):
        q[:, step] = q[:, step - 1] / p[:, step]
    r[:] = np.sum(q, axis=0)
    q[:] = p * 2.0


def graph(program: object, target: Target = TARGET, **sizes: int) -> Graph:
    return graph_of(workload_of(program.to_sdfg(simplify=True), sizes), target)  # type: ignore[attr-defined]


def rows(found: Graph, kind: str) -> np.ndarray:
    return found.nodes[found.nodes[:, list(NODES).index(kind)] == 1.0]


def signature(found: Graph) -> list[tuple[float, ...]]:
    """What is said of edges and of both their ends, whatever the order."""
    ends = np.concatenate([found.nodes[found.edges[0]], found.attributes, found.nodes[found.edges[1]]], axis=1)
    return sorted(map(tuple, ends.round(5).tolist()))


def test_names_do_not_matter_and_sizes_do() -> None:
    one = graph(two_steps, N=20, M=30)
    assert signature(one) == signature(graph(two_steps_renamed, COLS=20, N=30))
    assert signature(one) != signature(graph(two_steps, N=30, M=20))


def test_shapes_and_kinds() -> None:
    found = graph(two_steps, N=20, M=30)
    assert found.nodes.shape[1] == NODE_WIDTH and found.nodes.dtype == np.float32
    assert found.attributes.shape == (found.edges.shape[1], EDGE_WIDTH)
    assert len(rows(found, "workload")) == 1 and len(rows(found, "container")) >= 3
    assert np.isfinite(found.nodes).all() and np.isfinite(found.attributes).all()
    kinds = found.attributes[:, : 2 * len(RELATIONS)]
    assert (kinds.sum(axis=1) == 1).all()
    assert {(b, a) for a, b in found.edges.T.tolist()} == {(a, b) for a, b in found.edges.T.tolist()}


def test_only_what_sizes_are_relative_to_tells_devices_apart() -> None:
    larger = Target("cpu", "other", ("avx2",), 2, (2**15, 2**20, 2**25), "clang 20", "-O2")
    assert signature(graph(two_steps, N=20, M=30)) == signature(graph(two_steps, larger, N=20, M=30))
    small_caches = Target("cpu", "test", ("avx2",), 2, (2**10, 2**12, 2**14), "gcc 12", "-O3")
    assert signature(graph(two_steps, N=20, M=30)) != signature(graph(two_steps, small_caches, N=20, M=30))


def test_what_is_not_known_is_an_error() -> None:
    class Unknown(dace.nodes.LibraryNode):
        implementations: ClassVar[dict[str, object]] = {}

    sdfg = dace.SDFG("unknown")
    sdfg.add_array("a", [N], dace.float64)
    state = sdfg.add_state()
    node = Unknown("mystery", outputs={"_out"})
    state.add_edge(node, "_out", state.add_write("a"), None, dace.Memlet("a[0:N]"))
    with pytest.raises(WorkloadError, match="'Unknown' cannot be encoded; expand it"):
        graph_of(workload_of(sdfg, {"N": 4}), TARGET)


@pytest.mark.parametrize("seed", range(6))
def test_renaming_and_reordering_a_random_program_changes_no_vector(seed: int) -> None:
    nest = generate(seed, pieces=2)
    other = renamed(nest)
    workloads = [
        workload_of(normalize(parse(program)), {name: 16 * size for name, size in program.sizes.items()})
        for program in (nest, other)
    ]
    assert workloads[0].digest == workloads[1].digest
    found = [graph_of(workload, TARGET) for workload in workloads]
    torch.manual_seed(0)
    model = Ensemble(3, Shape()).eval()
    with torch.no_grad():
        vectors = model.mean(batch_of([*found, shuffle(found[0], random.Random(seed))])).vectors.numpy()
    assert np.allclose(vectors[1], vectors[0], atol=1e-5)
    assert np.allclose(vectors[2], vectors[0], atol=1e-5)


def renamed(program: RandomProgram) -> RandomProgram:
    """The same program with other names for its arrays and sizes, which sort differently."""
    old = [*program.sizes, *(array.name for array in program.arguments)]
    names = {name: f"z{len(old) - index}_{name}" for index, name in enumerate(old)}
    source = re.sub(r"\b[A-Za-z]\w*\b", lambda match: names.get(match[0], match[0]), program.source)
    sizes = {names[name]: size for name, size in program.sizes.items()}
    return replace(program, source=source, sizes=sizes)


def shuffle(found: Graph, rng: random.Random) -> Graph:
    """The same graph with its nodes, but for the first, and its edges in another order."""
    order = [0, *rng.sample(range(1, len(found.nodes)), len(found.nodes) - 1)]
    place = np.argsort(order)
    edges = rng.sample(range(found.edges.shape[1]), found.edges.shape[1])
    return Graph(found.nodes[order], place[found.edges[:, edges]], found.attributes[edges], found.features)


@settings(max_examples=10, deadline=None)
@given(st.integers(2, 5000), st.integers(2, 5000))
def test_all_features_are_moderate_whatever_the_sizes(n: int, m: int) -> None:
    found = graph(two_steps, N=n, M=m)
    assert np.abs(found.nodes).max() < 6 and np.abs(found.attributes).max() < 6
