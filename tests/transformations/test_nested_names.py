"""What is nested in a program may write any of its containers, whose names not all nested SDFGs may have."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"

from pathlib import Path

import dace
import numpy as np
import pytest
from dace import nodes

from dace_transfer.toolchain import activate
from dace_transfer.transformations import apply, fill_defaults, load_library
from dace_transfer.transformations.finalize import finalize
from dace_transfer.transformations.normalization import normalize

N = dace.symbol("N")


@dace.program
def parts(a: dace.float64[N, N], x: dace.float64[N]):
    products = np.zeros((2, N, N))
    products[1] = a @ a
    sums = np.zeros((3, N))
    sums[1] = np.sum(a, axis=0)
    sums[2] = a @ x
    return a + 1, products, sums


@dace.program
def part(a: dace.float64[N, N], out: dace.float64[3, N, N]):
    out[1] = a @ a


@dace.program
def scans(a: dace.float64[N, N]):
    result = np.ones_like(a)
    for i in dace.map[0:N]:
        for k in range(i * i + 1, N):
            result[i, k] = result[i, k - 1] * a[i, k]
    return a + 1, result


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    activate()
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("recipe", ["keep", "sequential", "small-products"])
def test_parts_of_return_values_are_computed_by_nested_programs(recipe):
    changed = apply(fill_defaults(load_library()[recipe]), normalize(parts.to_sdfg(simplify=True))).sdfg
    final = finalize(changed)
    assert any(isinstance(node, nodes.NestedSDFG) for node, _ in final.all_nodes_recursive())
    final.name = f"parts_{recipe.replace('-', '_')}"
    a, x = np.random.default_rng(0).random((6, 6)), np.arange(6.0)
    first, products, sums = final(a=a, x=x, N=6)
    zeros = np.zeros((6, 6))
    np.testing.assert_allclose(first, a + 1)
    np.testing.assert_allclose(products, [zeros, a @ a])
    np.testing.assert_allclose(sums, [zeros[0], a.sum(0), a @ x])


def test_what_is_written_may_be_called_like_a_connector():
    changed = apply(fill_defaults(load_library()["small-products"]), normalize(part.to_sdfg(simplify=True))).sdfg
    a, out = np.random.default_rng(0).random((6, 6)), np.zeros((3, 6, 6))
    finalize(changed)(a=a, out=out, N=6)
    np.testing.assert_allclose(out[1], a @ a)


def test_loops_that_stay_in_maps_write_return_values():
    normal = normalize(scans.to_sdfg(simplify=True))
    assert any(isinstance(node, nodes.NestedSDFG) for node, _ in normal.all_nodes_recursive())
    assert not any("__return" in name for n in list(normal.all_sdfgs_recursive())[1:] for name in n.arrays)
    a = np.random.default_rng(0).random((6, 6))
    expected = np.ones_like(a)
    for i in range(6):
        for k in range(i * i + 1, 6):
            expected[i, k] = expected[i, k - 1] * a[i, k]
    np.testing.assert_allclose(finalize(normal)(a=a, N=6)[1], expected)
