"""Workloads that an encoder has not seen get vectors; others keep theirs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import dace
import numpy as np
from numpy.typing import NDArray

from dace_transfer.database.records import WorkloadRecord
from dace_transfer.database.store import open_store
from dace_transfer.errors import WorkloadError
from dace_transfer.tuner.encoding import encode_missing
from dace_transfer.workload import Workload, workload_of
from dace_transfer.written import to_json

N = dace.symbol("N")


@dace.program
def scale(a: dace.float64[N], b: dace.float64[N]):
    b[:] = a * 2.0


class Sizes:
    """Encodes all sizes but 13."""

    id = "sizes-1"

    def encode(self, workloads: Sequence[Workload]) -> NDArray[np.float32]:
        if any(workload.sizes["N"] == 13 for workload in workloads):
            raise WorkloadError("Thirteen cannot be encoded.")
        return np.asarray([[workload.sizes["N"]] for workload in workloads], np.float32)


def test_what_is_missing_is_encoded_once_and_what_cannot_be_is_told(tmp_path: Path) -> None:
    store = open_store(tmp_path / "test.db", seed=False)
    workloads = [workload_of(scale.to_sdfg(simplify=True), {"N": n}) for n in (12, 13, 14)]
    for workload in workloads:
        text = json.dumps(to_json(workload.sdfg))
        store.put_workload(WorkloadRecord(workload.digest, workload.kind, text, dict(workload.sizes), "scale", "maps"))
    result = encode_missing(store, Sizes())
    assert set(result.digests) == {workloads[0].digest, workloads[2].digest}
    assert result.failed == ((workloads[1].digest, "Thirteen cannot be encoded."),)
    vector = store.get_embedding(workloads[2].digest, "sizes-1")
    assert vector is not None and vector.vector.tolist() == [14.0]
    assert encode_missing(store, Sizes()).digests == ()
    store.close()
