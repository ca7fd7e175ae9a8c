"""As few states as dataflow can order."""

import pytest

from dace_transfer.transformations.normalization.lowering import lower

NI = "for i in parallel(0, N):\n"

CASES = {
    "chain": (
        "map(tasklet) map(tasklet) map(tasklet)",
        NI + " c[i] = y[i] + 1\n" + NI + " z[i] = c[i] * 2\n" + NI + " w[i] = c[i] + z[i]",
    ),
    "updates": (
        "map(tasklet) map(tasklet) map(tasklet)",
        NI + " y[i] = y[i] + 1\n" + NI + " y[i] = y[i] * y[i]\n" + NI + " z[i] = y[i]",
    ),
    "write_after_read": ("map(tasklet) | map(tasklet)", NI + " y[i] = z[N - 1 - i]\n" + NI + " z[i] = w[i]"),
    "write_after_two_reads": (
        "map(tasklet) map(tasklet) | map(tasklet)",
        NI + " y[i] = z[N - 1 - i]\n" + NI + " w[i] = z[i]\n" + NI + " z[i] = z[i] + 1",
    ),
    "write_after_write": (
        "map(tasklet) | tasklet | tasklet tasklet",
        NI + " y[i] = 1\ny[0] = 2\ny[1] = 3\nz[0] = y[0]",
    ),
    "swap": (
        "map(tasklet) | map(tasklet) | map(tasklet)",
        NI + " c[i] = y[i]\n" + NI + " y[i] = z[i]\n" + NI + " z[i] = c[i]",
    ),
    "read_later_by_another": (
        "map(tasklet) map(tasklet) | map(tasklet)",
        NI + " y[i] = y[i] + 1\n" + NI + " z[i] = y[i] * 2\n" + NI + " y[i] = y[i] + z[i]",
    ),
    "independent": ("map(tasklet) map(tasklet)", NI + " y[i] = 1\n" + NI + " z[i] = 2"),
}


@pytest.mark.parametrize("name", CASES)
def test_nests_share_a_state_where_edges_order_them(name, written, looks):
    expected, text = CASES[name]
    assert looks(lower(written(text))) == expected


def test_what_shares_a_state_is_executed_in_order(right):
    right({name: text for name, (_, text) in CASES.items()})
