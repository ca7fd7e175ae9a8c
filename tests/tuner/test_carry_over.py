"""Records made with an older normal form keep donating."""

import json

import dace
import numpy as np
import pytest

from dace_transfer.database.records import RecipeRecord, TargetRecord, TuningRecord, WorkloadRecord
from dace_transfer.database.store import open_store
from dace_transfer.transformations.normalization import normalize
from dace_transfer.tuner.carry_over import carry_over
from dace_transfer.workload import workload_of

N = dace.symbol("N")


@dace.program
def scaled_by_loops(a: dace.float64, x: dace.float64[N], y: dace.float64[N]):
    for i in range(N):
        y[i] = a * x[i]


class OneNumber:
    """Encodes every workload as the length of its digest."""

    id = "one-number"

    def encode(self, workloads):
        return np.array([[len(workload.digest)] for workload in workloads], np.float32)


@pytest.fixture
def stores(tmp_path):
    old, new = (open_store(tmp_path / f"{name}.db", seed=False) for name in ("old", "new"))
    yield old, new
    old.close()
    new.close()


def _outcome(workload: str, verdict: str) -> TuningRecord:
    ratio = 2.0 if verdict == "FASTER" else None
    words = ("because", "[]", "search", dace.__version__, "0", "2026-01-01T00:00:00+00:00", "test")
    return TuningRecord(workload, "recipe", "here", "auto_optimize", verdict, ratio, None, None, (), (), *words)


def test_what_was_learnt_is_found_under_the_normal_form(stores):
    old, new = stores
    written = scaled_by_loops.to_sdfg(simplify=True)
    before, after = workload_of(written, {"N": 64}), workload_of(normalize(written), {"N": 64})
    assert before.digest != after.digest
    old.put_all([RecipeRecord("recipe", "some", "recipe some\n"), TargetRecord("here", "{}")])
    old.put_workload(WorkloadRecord(before.digest, "program", json.dumps(written.to_json()), {"N": 64}, "p", "f"))
    for verdict in ("FASTER", "WRONG"):
        old.put_tuning(_outcome(before.digest, verdict))
    result = carry_over(old, new, OneNumber())
    assert result.changed == ((before.digest, after.digest),) and not result.failed
    assert [record.verdict for record in new.tunings(after.digest)] == ["FASTER"]
    assert [n.digest for n in new.neighbours("one-number", "", np.array([64.0], np.float32), 1)] == [after.digest]
    assert carry_over(new, new, OneNumber()).kept == (after.digest,)


def test_a_workload_that_cannot_be_read_is_left_behind_with_its_reason(stores):
    old, new = stores
    old.put_workload(WorkloadRecord("0" * 64, "program", "{}", {}, "p", "f"))
    result = carry_over(old, new, OneNumber())
    assert [digest for digest, _ in result.failed] == ["0" * 64] and not list(new.records(WorkloadRecord))
