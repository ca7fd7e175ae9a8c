"""What limits a program, with speeds made up."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.demand import Demand, Operations
from benchmarks.limits import share_of
from dace_transfer.microbenchmark import Speeds
from dace_transfer.target import Target


def test_the_level_that_holds_all_data_and_arithmetic_are_limits() -> None:
    target = Target("cpu", "some", (), 2, (1000, 10000, 100000), "gcc 12", "")
    speeds = Speeds((400.0, 200.0, 100.0, 10.0), 5.0, 100.0, 200.0, 1.0, 2.0, 0.5, 0.8, 1.0)
    row = {"program": "p", "ours_ms": 2.0}
    for footprint, bound, limit in ((1500, "L1", 0.25), (15000, "L2", 0.5), (99999, "L3", 1), (100001, "memory", 10)):
        share = share_of(row, Demand(1e8, 0.0, 1e7, Operations(), footprint, False), speeds, target)
        assert (share.bound, share.limit_ms, share.share) == (bound, limit, limit / 2)
    share = share_of(row, Demand(1e8, 0.0, 1e7, Operations(4e8, 1e6, 1e5), 1500, True), speeds, target)
    assert (share.bound, share.limit_ms) == ("arithmetic", 2)
    assert np.isclose(share.share, 1)
    for is_single, least in ((False, 6e6 / 1e9), (True, 6e6 / 2e9)):
        share = share_of(row, Demand(1e3, 0.0, 1e3, Operations(1e5, divisions=6e6), 1500, is_single), speeds, target)
        assert (share.bound, share.limit_ms) == ("divisions", pytest.approx(1e3 * least))
    share = share_of(row, Demand(1e3, 0.0, 1e3, Operations(1e5, 1e5, functions=1e6), 1500, False), speeds, target)
    assert (share.bound, share.limit_ms) == ("functions", 2)
    share = share_of(row, Demand(1e8, 0.0, 4e8, Operations(), 15000, False), speeds, target)
    assert (share.bound, share.limit_ms) == ("loads", 1)
    share = share_of(row, Demand(1e8, 3e7, 1e7, Operations(), 1e6, False), speeds, target)
    assert (share.bound, share.limit_ms) == ("memory", pytest.approx(4e7 / 1e7 + 6e7 / 5e6))
    share = share_of(row, Demand(1e8, 3e7, 1e7, Operations(), 15000, False), speeds, target)
    assert (share.bound, share.limit_ms) == ("L2", 0.5)
