"""From workloads to what a database holds of them, and back."""

from __future__ import annotations

import json

import dace

from dace_transfer.database.records import WorkloadRecord
from dace_transfer.database.store import Store
from dace_transfer.workload import Workload, workload_of
from dace_transfer.written import from_json, to_json


def record_of(workload: Workload, program: str, family: str) -> WorkloadRecord:
    """Return the record of a workload that occurs in a program of a family."""
    text = json.dumps(to_json(workload.sdfg))
    return WorkloadRecord(workload.digest, workload.kind, text, dict(workload.sizes), program, family)


def once_each(store: Store) -> dict[str, WorkloadRecord]:
    """Return the workloads of a database by digest, each once, however many programs it occurs in."""
    return {record.digest: record for record in store.records(WorkloadRecord)}


def sdfg_of(record: WorkloadRecord) -> dace.SDFG:
    """Return the SDFG of a recorded workload."""
    return from_json(json.loads(record.sdfg_json))


def workload_in(record: WorkloadRecord) -> Workload:
    """Return a recorded workload.

    Raises:
        WorkloadError: The record lacks a size.
    """
    return workload_of(sdfg_of(record), record.sizes, record.kind)
