"""Programs written as raw C++, and a builder for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import dace
import pytest

from dace_transfer.building.builder import Builder
from dace_transfer.target import Target

RIGHT = "for (int i = 0; i < N; i++) b[i] = 2 * a[i];"


@pytest.fixture(scope="session")
def target() -> Target:
    return Target("cpu", "any", (), 2, (), "any", "")


@pytest.fixture(scope="session")
def raw() -> Callable[..., dace.SDFG]:
    return raw_program


@pytest.fixture(scope="module")
def builder(target: Target, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Builder]:
    with Builder(target, tmp_path_factory.mktemp("builds"), workers=1) as it:
        yield it


def raw_program(code: str = RIGHT, dtype: dace.typeclass = dace.float64, name: str = "raw") -> dace.SDFG:
    """A program of `a` (read) and `b` (written), both of N elements, that is one piece of C++."""
    sdfg = dace.SDFG(name)
    size = dace.symbol("N")
    sdfg.add_array("A", [size], dtype)
    sdfg.add_array("B", [size], dtype)
    state = sdfg.add_state()
    tasklet = state.add_tasklet("raw", {"a"}, {"b"}, code, language=dace.Language.CPP)
    state.add_edge(state.add_read("A"), None, tasklet, "a", dace.Memlet("A[0:N]"))
    state.add_edge(tasklet, "b", state.add_write("B"), None, dace.Memlet("B[0:N]"))
    return sdfg
