"""Library nodes become what was asked for, and compute the same."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

from pathlib import Path

import dace
import numpy as np
import pytest

from dace_transfer.errors import NotApplicableError
from dace_transfer.toolchain import activate
from dace_transfer.transformations.resolve import resolve
from dace_transfer.transformations.roles import parse_role
from dace_transfer.transformations.steps.base import Handle
from dace_transfer.transformations.steps.library import Library

N = dace.symbol("N")


@dace.program
def products(
    a: dace.float64[N, 11],
    b: dace.float64[11, 9],
    x: dace.float64[9],
    d: dace.float64[5, 9, N],
    c: dace.float64[N, 9],
    y: dace.float64[N],
    z: dace.float64[5, 9, 9],
):
    c[:] = a @ b
    y[:] = c @ x
    z[:] = d @ c


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    activate()
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("implementation", ["pure", "loops", "OpenBLAS"])
def test_computes_the_same(implementation: str) -> None:
    sdfg = products.to_sdfg()
    done = Library(implementation=implementation).apply(sdfg, resolve(parse_role("libraries"), sdfg, {}))
    assert done.count == 3
    assert not resolve(parse_role("libraries"), sdfg, {})
    sdfg.validate()
    sdfg.simplify()
    code = sdfg.generate_code()[0].clean_code
    assert ("cblas" in code) == (implementation == "OpenBLAS")
    assert ("atomic" in code) == (implementation == "pure")
    rng = np.random.default_rng(0)
    a, b, x, d = rng.random((7, 11)), rng.random((11, 9)), rng.random(9), rng.random((5, 9, 7))
    c, y, z = np.zeros((7, 9)), np.zeros(7), np.zeros((5, 9, 9))
    sdfg(a=a, b=b, x=x, d=d, c=c, y=y, z=z, N=7)
    np.testing.assert_allclose(c, a @ b)
    np.testing.assert_allclose(y, a @ b @ x)
    np.testing.assert_allclose(z, d @ (a @ b))


def test_loops_step_through_rows() -> None:
    sdfg = products.to_sdfg()
    Library("libraries[0]", "loops").apply(sdfg, resolve(parse_role("libraries[0]"), sdfg, {}))
    (product,) = resolve(parse_role("all_maps@1"), sdfg, {})
    leaf = product.state.in_edges(product.state.exit_node(product.node))[0]
    assert product.node.map.params[-1] == str(leaf.data.subset[-1][0])
    assert product.node.map.schedule is dace.ScheduleType.Sequential


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        (Library(implementation="nonsense"), "no implementation 'nonsense'"),
        (Library(implementation="MKL"), "not installed"),
        (Library(target="maps"), "Expected a library node"),
    ],
)
def test_refuses_untouched(step: Library, reason: str) -> None:
    sdfg = products.to_sdfg()
    before = sdfg.hash_sdfg()
    targets = resolve(parse_role("libraries"), sdfg, {})
    if step.target != "libraries":
        targets = [Handle(handle.state, handle.state.source_nodes()[0]) for handle in targets]
    with pytest.raises(NotApplicableError, match=reason):
        step.apply(sdfg, targets)
    assert sdfg.hash_sdfg() == before
