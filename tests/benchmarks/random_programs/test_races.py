"""Maps whose iterations write the same elements are found, also where nested SDFGs write them."""

import dace
import pytest

from benchmarks.random_programs.races import races

N = dace.symbol("N")


def _mapped(target, wcr=None, schedule=dace.ScheduleType.Default):
    sdfg = dace.SDFG("mapped")
    sdfg.add_array("A", [N], dace.float64)
    sdfg.add_array("B", [N], dace.float64)
    memlet = dace.Memlet(f"B[{target}]", wcr=wcr)
    sdfg.add_state().add_mapped_tasklet(
        "map", {"i": "0:N"}, {"a": dace.Memlet("A[i]")}, "b = a", {"b": memlet}, schedule=schedule, external_edges=True
    )
    return sdfg


def _nested(target):
    """`map i { for j in range(0, 3): B[target] = 1 }`, where the nested SDFG calls `i` by the name of `place`."""
    inner = dace.SDFG("inner")
    inner.add_array("out", [N], dace.float64)
    inner.add_symbol("place", dace.int64)
    loop = dace.sdfg.state.LoopRegion("loop", "j < 3", "j", "j = 0", "j = j + 1")
    inner.add_node(loop, is_start_block=True)
    state = loop.add_state(is_start_block=True)
    one = state.add_tasklet("one", {}, {"b"}, "b = 1")
    state.add_edge(one, "b", state.add_access("out"), None, dace.Memlet(f"out[{target}]"))
    sdfg = dace.SDFG("outer")
    sdfg.add_array("B", [N], dace.float64)
    state = sdfg.add_state()
    entry, exit_ = state.add_map("map", {"i": "0:N"})
    node = state.add_nested_sdfg(inner, set(), {"out"}, {"place": "i", "N": "N"})
    state.add_nedge(entry, node, dace.Memlet())
    state.add_memlet_path(node, exit_, state.add_access("B"), src_conn="out", memlet=dace.Memlet("B[0:N]"))
    return sdfg


@pytest.mark.parametrize(
    "sdfg, found",
    [
        (_mapped("i"), 0),
        (_mapped("0"), 1),
        (_mapped("0", schedule=dace.ScheduleType.Sequential), 0),
        (_mapped("0", "lambda a, b: a + b"), 0),
        (_nested("place"), 0),
        (_nested("0"), 1),
        (_nested("j"), 1),
    ],
)
def test_writes_that_do_not_depend_on_the_variable_of_the_map(sdfg, found):
    assert len(races(sdfg)) == found
