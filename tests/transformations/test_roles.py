"""Roles: their grammar, and which nodes they mean."""

from __future__ import annotations

from typing import Any

import dace
import pytest

from dace_transfer.errors import RecipeError
from dace_transfer.transformations.resolve import live, resolve
from dace_transfer.transformations.roles import parse_role


def matched(role: str, sdfg: dace.SDFG, **bound: Any) -> list[str]:
    return [handle.node.label.removesuffix("_map") for handle in resolve(parse_role(role), sdfg, bound)]


@pytest.mark.parametrize(
    ("role", "labels"),
    [
        ("maps", ["first", "second", "third"]),
        ("maps[0]", ["first"]),
        ("maps[-1]", ["third"]),
        ("maps[3]", []),
        ("maps[-4]", []),
        ("all_maps", ["first", "first_inner", "second", "third"]),
        ("inner_maps", ["first_inner", "second", "third"]),
        ("inner_maps[1]", ["second"]),
        ("maps@0", ["first", "second", "third"]),
        ("maps@1", ["first_inner"]),
        ("all_maps@1[0]", ["first_inner"]),
        ("inner_maps@1", ["first_inner"]),
        ("accesses", ["tmp"]),
        ("loops", ["loop"]),
        ("nested", []),
        ("libraries", []),
        ("libraries[Gemm]", []),
        ("sdfg", []),
        ("producers(maps[1])", ["first"]),
        ("consumers(maps[0])", ["second"]),
        ("producers(consumers(maps[0]))", ["first"]),
        ("consumers(accesses)", ["second"]),
        ("producers(accesses)", ["first"]),
        ("producers(maps)[0]", ["first"]),
        ("producers(inner_maps@1)", []),
        ("consumers(loops)", []),
    ],
)
def test_a_role_means_these_nodes(role: str, labels: list[str], sdfg: dace.SDFG) -> None:
    assert matched(role, sdfg) == labels


def test_reductions_are_no_other_libraries(sdfg: dace.SDFG) -> None:
    [handle] = resolve(parse_role("reductions"), sdfg, {})
    assert type(handle.node).__name__ == "Reduce"


def test_libraries_are_selected_by_class() -> None:
    @dace.program
    def product(A: dace.float64[8, 8], B: dace.float64[8, 8]):
        return A @ B

    sdfg = product.to_sdfg(simplify=True)
    assert len(matched("libraries", sdfg)) == 1
    assert len(matched("libraries[MatMul]", sdfg)) == 1
    assert matched("libraries[Gemm]", sdfg) == []


def test_names_do_not_change_the_order(sdfg: dace.SDFG, renamed_sdfg: dace.SDFG) -> None:
    names = dict(zip(matched("all_maps", sdfg), matched("all_maps", renamed_sdfg), strict=True))
    assert names == {"first": "z", "first_inner": "z_inner", "second": "b", "third": "a"}


def test_maps_in_nested_sdfgs_belong_to_their_depth(sdfg: dace.SDFG) -> None:
    nested_in_none = dace.SDFG("outside")
    for name, descriptor in sdfg.arrays.items():
        if not descriptor.transient:
            nested_in_none.add_datadesc(name, descriptor.clone())
    state = nested_in_none.add_state()
    node = state.add_nested_sdfg(sdfg, {"A"}, {"B", "total"}, {"N": "N"})
    state.add_edge(state.add_read("A"), None, node, "A", dace.Memlet("A[0:N, 0:N]"))
    state.add_edge(node, "B", state.add_write("B"), None, dace.Memlet("B[0:N, 0:N]"))
    state.add_edge(node, "total", state.add_write("total"), None, dace.Memlet("total[0]"))
    assert matched("maps", nested_in_none) == ["first", "second", "third"]
    assert matched("nested", nested_in_none) == [node.label]
    handle = resolve(parse_role("loops"), nested_in_none, {})[0]
    assert handle.state is sdfg


def test_bound_names_mean_what_was_yielded_while_it_lasts(sdfg: dace.SDFG) -> None:
    handles = tuple(resolve(parse_role("maps"), sdfg, {}))
    assert matched("mine[1]", sdfg, mine=handles) == ["second"]
    handles[1].state.remove_nodes_from(handles[1].state.scope_subgraph(handles[1].node).nodes())
    assert matched("mine", sdfg, mine=handles) == ["first", "third"]
    assert live(handles, sdfg) == (handles[0], handles[2])


@pytest.mark.parametrize(
    "role",
    ["maps", "maps[0]", "maps@1[-2]", "producers(consumers(libraries[Gemm])[0])", "mine[0]", "it"],
)
def test_a_role_writes_itself(role: str) -> None:
    assert str(parse_role(role)) == role


@pytest.mark.parametrize(
    ("role", "says"),
    [
        ("", "roles are maps"),
        ("0", "roles are maps"),
        ("maps[", "Expected '[index]'"),
        ("maps[0", "Expected '[index]'"),
        ("maps@", "Expected '[index]'"),
        ("maps-1", "Expected '[index]'"),
        ("maps[Gemm]", "only 'libraries'"),
        ("sdfg[0]", "write 'sdfg' alone"),
        ("producers", "in parentheses"),
        ("producers(maps", "in parentheses"),
        ("producers(sdfg)", "has none"),
        ("it@1", "drop the depth"),
    ],
)
def test_what_is_no_role_is_refused(role: str, says: str) -> None:
    with pytest.raises(RecipeError) as caught:
        parse_role(role)
    assert says in str(caught.value)
