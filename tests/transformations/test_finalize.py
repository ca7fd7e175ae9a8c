"""Finalising specialises, chooses implementations that no recipe chose, and allocates once."""

import dace
import numpy as np
import pytest

from dace_transfer.transformations.finalize import finalize
from dace_transfer.transformations.normalization import normalize
from dace_transfer.written import from_json, to_json

N, M = dace.symbol("N"), dace.symbol("M")


@dace.program
def product(a: dace.float64[N, M], b: dace.float64[N, M]):
    t = a * 2.0
    b[:] = t + np.sum(a, axis=1)[0]


@dace.program
def shift(a: dace.float64[N], b: dace.float64[N]):
    for i in range(1, N):
        b[i] = a[i - 1] * 2.0


@dace.program
def carried(a: dace.float64[N]):
    for i in range(1, N):
        a[i] = a[i] + a[i - 1]


def loops(sdfg: dace.SDFG) -> int:
    return sum(isinstance(r, dace.sdfg.state.LoopRegion) for r in sdfg.all_control_flow_regions(recursive=True))


def test_sizes_become_constants_everywhere() -> None:
    sdfg = product.to_sdfg(simplify=True)
    final = finalize(sdfg, {"N": 5, "M": 7})
    assert not final.free_symbols
    for nested in final.all_sdfgs_recursive():
        for descriptor in nested.arrays.values():
            assert not descriptor.free_symbols
    assert {str(s) for s in sdfg.free_symbols} == {"N", "M"}, "the input stays as it was"


def test_large_temporaries_live_as_long_as_the_program() -> None:
    final = finalize(product.to_sdfg(simplify=True), {"N": 500, "M": 700})
    large = [d for d in final.arrays.values() if d.transient and d.total_size == 350000]
    assert large and all(d.lifetime == dace.AllocationLifetime.Persistent for d in large)


@pytest.mark.parametrize("chosen", ["pure", "pure-seq"])
def test_what_a_recipe_chose_is_kept(chosen: str) -> None:
    sdfg = product.to_sdfg(simplify=True)
    for node, _ in sdfg.all_nodes_recursive():
        if isinstance(node, dace.nodes.LibraryNode):
            node.implementation = chosen
    maps = {n.map.schedule for n, _ in finalize(sdfg).all_nodes_recursive() if isinstance(n, dace.nodes.MapEntry)}
    assert maps
    assert not any(isinstance(n, dace.nodes.LibraryNode) for n, _ in finalize(sdfg).all_nodes_recursive())


def test_normalising_makes_maps_of_parallel_loops_only() -> None:
    parallel, sequential = shift.to_sdfg(simplify=True), carried.to_sdfg(simplify=True)
    assert loops(parallel) == 1 and loops(normalize(parallel)) == 0
    assert loops(normalize(sequential)) == 1
    assert loops(parallel) == 1, "the input stays as it was"


ROWS, COLUMNS = (dace.symbol(name, dace.int64) for name in ("ROWS", "COLUMNS"))


@dace.program
def shifted(a: dace.float64[ROWS, COLUMNS, COLUMNS], b: dace.float64[ROWS, COLUMNS, COLUMNS]):
    b[:] = a - np.maximum.reduce(a, axis=-1, keepdims=True)


def test_symbols_have_one_type_inside_and_outside() -> None:
    final = from_json(to_json(finalize(normalize(shifted.to_sdfg(simplify=True)))))
    final.validate()
    assert {str(kind) for nested in final.all_sdfgs_recursive() for kind in nested.symbols.values()} == {"int64_t"}


def test_integers_are_not_transposed_by_blas() -> None:
    @dace.program
    def transposed(a: dace.int64[N, M], b: dace.int64[M, N]):
        b[:] = np.transpose(a)

    final = finalize(transposed.to_sdfg(simplify=True), {"N": 3, "M": 4})
    assert final.generate_code()
