"""Steps that do next to nothing, in all the ways a step can end, and an SDFG with every kind of role."""

from __future__ import annotations

import types
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal, get_args, get_origin

import dace
import pytest
from hypothesis import reject
from hypothesis import strategies as st

from dace_transfer.errors import NotApplicableError, RecipeError
from dace_transfer.transformations import Alternatives, Do, Done, Handle, Include, Knob, Recipe, Step
from dace_transfer.transformations.construct import construct, required_fields
from dace_transfer.transformations.knobs import same_value_key
from dace_transfer.transformations.recipe import RECIPE_NAME
from dace_transfer.transformations.roles import RESERVED
from dace_transfer.transformations.values import arms, field_hints, is_tuple

N = dace.symbol("N")


@dataclass(frozen=True)
class Touch:
    """Changes nothing, yields what it got, and has a field of every type."""

    name: ClassVar[str] = "touch"
    target: str
    sizes: tuple[int, ...] | Knob = ()
    count: int | Knob = 1
    ratio: float | Knob = 0.5
    deep: bool = False
    label: str | Knob = ""
    kind: Literal["static", "dynamic"] | Knob = "static"
    mixed: int | str | bool | None = None
    either: int | tuple[int, ...] = 0
    names: tuple[str, ...] = ()
    pair: tuple[int, str] = (0, "")
    grid: tuple[tuple[int, ...], ...] = ()

    def apply(self, sdfg: dace.SDFG, targets: Sequence[Handle]) -> Done:
        return Done(len(targets), "touched", tuple(targets))


@dataclass(frozen=True)
class Schedule:
    """Sets a property, so what it is for stays alive."""

    name: ClassVar[str] = "schedule"
    target: str
    kind: str = "Sequential"

    def apply(self, sdfg: dace.SDFG, targets: Sequence[Handle]) -> Done:
        for handle in targets:
            handle.node.map.schedule = dace.ScheduleType[self.kind]
        return Done(len(targets), self.kind, tuple(targets))


@dataclass(frozen=True)
class Refuse:
    """Never applies; with `rude`, it breaks its promise and changes something first."""

    name: ClassVar[str] = "refuse"
    target: str = "sdfg"
    rude: bool = False

    def apply(self, sdfg: dace.SDFG, targets: Sequence[Handle]) -> Done:
        if self.rude:
            sdfg.add_state("left behind")
        raise NotApplicableError("There is no reason to.")


@dataclass(frozen=True)
class Break:
    """Changes something, then fails as DaCe would."""

    name: ClassVar[str] = "break"

    def apply(self, sdfg: dace.SDFG, targets: Sequence[Handle]) -> Done:
        sdfg.add_state("left behind")
        raise KeyError("no such node")


@dataclass(frozen=True)
class Spoil:
    """Leaves an SDFG that does not validate."""

    name: ClassVar[str] = "spoil"

    def apply(self, sdfg: dace.SDFG, targets: Sequence[Handle]) -> Done:
        next(iter(sdfg.states())).add_access("nothing")
        return Done(1, "spoilt")


@dataclass(frozen=True)
class Erase:
    """Removes nodes, whole scopes at a time, and yields nothing."""

    name: ClassVar[str] = "erase"
    target: str

    def apply(self, sdfg: dace.SDFG, targets: Sequence[Handle]) -> Done:
        for handle in targets:
            inside = handle.state.scope_subgraph(handle.node).nodes()
            handle.state.remove_nodes_from(inside)
            handle.state.remove_nodes_from([n for n in handle.state.nodes() if handle.state.degree(n) == 0])
        return Done(len(targets), "erased")


@pytest.fixture(scope="session")
def steps() -> dict[str, type[Step]]:
    return {cls.name: cls for cls in (Touch, Schedule, Refuse, Break, Spoil, Erase)}


def build_sdfg(names: Sequence[str] = ("first", "second", "third")) -> dace.SDFG:
    """One state: A -> map (2 deep) -> tmp -> map -> B, A -> reduction -> total; then a loop with one map."""
    first, second, third = names
    sdfg = dace.SDFG("subject")
    sdfg.add_array("A", [N, N], dace.float64)
    sdfg.add_transient("tmp", [N, N], dace.float64)
    sdfg.add_array("B", [N, N], dace.float64)
    sdfg.add_array("total", [1], dace.float64)
    state = sdfg.add_state("body", is_start_block=True)
    a, tmp, b = state.add_read("A"), state.add_access("tmp"), state.add_write("B")
    outer, outer_exit = state.add_map(first, {"i": "0:N"})
    inner, inner_exit = state.add_map(first + "_inner", {"j": "0:N"})
    double = state.add_tasklet("double", {"x"}, {"y"}, "y = x + x")
    state.add_memlet_path(a, outer, inner, double, dst_conn="x", memlet=dace.Memlet("A[i, j]"))
    state.add_memlet_path(double, inner_exit, outer_exit, tmp, src_conn="y", memlet=dace.Memlet("tmp[i, j]"))
    state.add_mapped_tasklet(
        second,
        {"k": "0:N", "l": "0:N"},
        {"x": dace.Memlet("tmp[k, l]")},
        "y = x * 3",
        {"y": dace.Memlet("B[k, l]")},
        input_nodes={"tmp": tmp},
        output_nodes={"B": b},
        external_edges=True,
    )
    reduction = state.add_reduce("lambda p, q: p + q", None, 0)
    state.add_edge(a, None, reduction, None, dace.Memlet("A[0:N, 0:N]"))
    state.add_edge(reduction, None, state.add_write("total"), None, dace.Memlet("total[0]"))
    loop = dace.sdfg.state.LoopRegion("loop", "t < 4", "t", "t = 0", "t = t + 1")
    sdfg.add_node(loop)
    sdfg.add_edge(state, loop, dace.InterstateEdge())
    inside = loop.add_state("inside", is_start_block=True)
    inside.add_mapped_tasklet(
        third,
        {"m": "0:N"},
        {"x": dace.Memlet("B[m, 0]")},
        "y = x + 1",
        {"y": dace.Memlet("B[m, 0]")},
        external_edges=True,
    )
    sdfg.validate()
    return sdfg


@pytest.fixture
def sdfg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dace.SDFG:
    monkeypatch.chdir(tmp_path)  # DaCe saves what does not validate in the current folder.
    return build_sdfg()


@pytest.fixture
def renamed_sdfg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dace.SDFG:
    """The same program with other names, in an order that sorts the other way."""
    monkeypatch.chdir(tmp_path)
    return build_sdfg(("z", "b", "a"))


# Generated recipes -------------------------------------------------------------------------------------------

ROLES = ("maps", "maps[-1]", "inner_maps@1[0]", "producers(libraries[Gemm])", "sdfg")
NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,5}", fullmatch=True).filter(lambda name: name not in RESERVED)


def scalars(hint: Any) -> st.SearchStrategy[Any]:
    """Values of one member of a field's type, without knobs."""
    if get_origin(hint) is Literal:
        return st.sampled_from(get_args(hint))
    if is_tuple(hint):
        args = get_args(hint) or (int, ...)
        if len(args) == 2 and args[1] is ...:
            return st.lists(st.one_of(*map(scalars, arms(args[0]))), max_size=3).map(tuple)
        return st.tuples(*(st.one_of(*map(scalars, arms(arg))) for arg in args))
    plain: dict[Any, st.SearchStrategy[Any]] = {
        str: st.text(max_size=8),
        int: st.integers(),
        bool: st.booleans(),
        float: st.floats(allow_nan=False, allow_infinity=False),
        types.NoneType: st.none(),
    }
    return plain[hint]


def values(hint: Any) -> st.SearchStrategy[Any]:
    """Values of a field's type: plain, knobs, and tuples with knobs in them."""
    plain = st.one_of(*map(scalars, arms(hint)))
    within = [st.lists(knobs(scalars(part)), max_size=2).map(tuple) for part in entry_types(hint)]
    return st.one_of(plain, knobs(plain), *within)


def entry_types(hint: Any) -> list[Any]:
    """What the entries of tuples of any length are."""
    return [get_args(arm)[0] for arm in arms(hint) if is_tuple(arm) and get_args(arm)[1:] == (...,)]


def knobs(plain: st.SearchStrategy[Any]) -> st.SearchStrategy[Knob]:
    options = st.lists(plain.filter(lambda value: value is not None), min_size=1, max_size=3, unique_by=repr)
    chosen = options.flatmap(lambda many: st.tuples(st.just(tuple(many)), st.sampled_from(many)))
    return chosen.filter(distinct).map(lambda pair: Knob(f"k{zlib.crc32(repr(pair).encode())}", *pair))


def distinct(pair: tuple[tuple[Any, ...], Any]) -> bool:
    return len({same_value_key(option) for option in pair[0]}) == len(pair[0])


@st.composite
def generated_steps(draw: st.DrawFn, table: dict[str, type[Step]]) -> Step:
    cls = table[draw(st.sampled_from(sorted(table)))]
    fields = {}
    for name, hint in field_hints(cls).items():
        roles = st.sampled_from(ROLES)
        if name == "target":
            fields[name] = draw(st.one_of(roles, knobs(roles)))
        elif draw(st.booleans()) or name in required_fields(cls):
            fields[name] = draw(values(hint))
    try:
        return construct(cls, fields)
    except RecipeError:
        reject()


def generated_recipes(table: dict[str, type[Step]]) -> st.SearchStrategy[Recipe]:
    """Recipes of the steps in `table`, nested and with includes."""
    do = st.builds(Do, generated_steps(table), st.one_of(st.just(""), NAMES), st.sampled_from(("abort", "skip")))
    name = st.from_regex(RECIPE_NAME, fullmatch=True)
    item = st.recursive(
        st.one_of(do, st.builds(Include, name)),
        lambda inner: st.builds(
            lambda branches: Alternatives(tuple(map(tuple, branches))),
            st.lists(st.lists(inner, max_size=2), min_size=1, max_size=2),
        ),
        max_leaves=4,
    )
    return st.builds(Recipe, name, st.lists(item, max_size=3).map(tuple), st.text(max_size=12))


@pytest.fixture(scope="session")
def recipes() -> Callable[[dict[str, type[Step]]], st.SearchStrategy[Recipe]]:
    return generated_recipes
