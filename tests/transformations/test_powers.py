"""Powers of loop variables are computed once per iteration."""

import dace
import numpy as np
import pytest
import sympy
from dace.sdfg.state import LoopRegion

from dace_transfer.toolchain import activate
from dace_transfer.transformations.finalize import finalize

R, K = (dace.symbol(name, dtype=dace.int64, integer=True, positive=True) for name in "RK")
SIZE = R**K


@dace.program
def doubled(x: dace.float64[R**K], y: dace.float64[R**K]):
    for i in range(K):
        for j in dace.map[0 : R**i]:
            y[j + R**i] = x[j] + y[j]


@dace.program
def transposed(x: dace.float64[R**K]):
    for i in range(K):
        t = np.transpose(np.reshape(x, (R**i, R ** (K - i))))
        x[:] = np.reshape(t, (SIZE,)) + i


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch) -> None:
    """DaCe builds in the current folder."""
    activate()
    monkeypatch.chdir(tmp_path)


def powers(sdfg: dace.SDFG) -> set[sympy.Pow]:
    """The powers that mention a loop variable in what states do."""
    variables = {r.loop_variable for r in sdfg.all_control_flow_regions() if isinstance(r, LoopRegion)}
    entries = [n for n, _ in sdfg.all_nodes_recursive() if isinstance(n, dace.nodes.MapEntry)]
    sizes = [bound for entry in entries for bounds in entry.map.range for bound in bounds]
    states = [state for inner in sdfg.all_sdfgs_recursive() for state in inner.states()]
    memlets = [edge.data for state in states for edge in state.edges() if not edge.data.is_empty()]
    sizes += [bound for memlet in memlets for bounds in memlet.subset.ndrange() for bound in bounds]
    sizes += [size for inner in sdfg.all_sdfgs_recursive() for d in inner.arrays.values() for size in d.strides]
    found = {p for size in sizes if isinstance(size, sympy.Basic) for p in size.atoms(sympy.Pow)}
    return {p for p in found if variables & set(map(str, p.free_symbols))}


def settled(program, **sizes: int) -> dace.SDFG:
    simple = program.to_sdfg(simplify=True)
    assert powers(simple)
    final = finalize(simple, sizes)
    final.validate()
    assert not powers(final)
    return final


def test_bounds_and_places_of_maps() -> None:
    x, y = np.random.rand(32), np.random.rand(32)
    expected = y.copy()
    for i in range(5):
        expected[2**i : 2 ** (i + 1)] = x[: 2**i] + expected[: 2**i]
    settled(doubled, R=2, K=5)(x=x, y=y)
    np.testing.assert_allclose(y, expected)


def test_shapes_of_views_temporaries_and_library_nodes() -> None:
    x = np.random.rand(32)
    expected = x.copy()
    for i in range(5):
        expected = expected.reshape(2**i, -1).T.ravel() + i
    settled(transposed, R=2, K=5)(x=x)
    np.testing.assert_allclose(x, expected)


def test_quotients_stay() -> None:
    sdfg = dace.SDFG("halved")
    sdfg.add_array("x", [64], dace.float64)
    loop = LoopRegion("loop", "i < 5", "i", "i = 0", "i = i + 1")
    sdfg.add_node(loop, is_start_block=True)
    state = loop.add_state(is_start_block=True)
    state.add_mapped_tasklet("set", {"j": "0:64*2**(-i)"}, {}, "o = 1", {"o": dace.Memlet("x[j]")}, external_edges=True)
    assert powers(finalize(sdfg)) == powers(sdfg) != set()
