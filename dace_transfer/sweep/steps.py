"""What workers do, each step by what the tuner does anyway: from the arguments of an order to its answer, as JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from dace_transfer.database.codec import from_json
from dace_transfer.database.records import WorkloadRecord
from dace_transfer.database.workloads import record_of, sdfg_of
from dace_transfer.sweep.collecting import Collecting, as_json, collecting_store
from dace_transfer.sweep.corpus import load
from dace_transfer.sweep.task import BUILD, COMPILED, CUT, DONE_CUTTING, MEASURED, RATE, TUNE
from dace_transfer.tuner import tune
from dace_transfer.tuner.arguments import infer_sizes
from dace_transfer.tuner.parsing import parse
from dace_transfer.tuner.session import Session, open_session
from dace_transfer.tuner.survey import build, missing, pieces_of, rate
from dace_transfer.workload import Workload

Json = Mapping[str, Any]


def cut_program(device: str, arguments: Json) -> dict[str, Any]:
    """Bring a program into its normal form and find all it falls into; rating each follows."""
    loaded = load(arguments["program"])
    original = parse(loaded.program)
    sizes = infer_sizes(original, loaded.arguments)
    with _session(original.name, loaded.family, device) as (session, _):
        pieces = pieces_of(session, original, sizes).values()
        target = session.target.digest
    return {
        "state": DONE_CUTTING,
        "reason": f"It falls into {len(pieces)} workloads.",
        "records": [as_json(record_of(workload, original.name, loaded.family)) for workload in pieces],
        "follow": [_rating(workload, original.name, device, target) for workload in pieces],
    }


def build_workload(device: str, arguments: Json) -> dict[str, Any]:
    """Apply what is missing of the bank to a workload and build what rating it will run; the builder's cache keeps it.

    Where the database knows of every recipe what becomes of it, nothing is left to do.
    """
    record = from_json(WorkloadRecord, arguments["workload"])
    with _session(record.program, record.family, device) as (session, _):
        proposals = missing(session, arguments["known"])
        if not proposals:
            return {"state": MEASURED, "reason": "The database held the outcomes of all recipes already."}
        build(session, [(_workload(record), proposals)])
    return {"state": COMPILED}


def rate_workload(device: str, arguments: Json) -> dict[str, Any]:
    """Verify and time what is missing of the bank on a workload."""
    record = from_json(WorkloadRecord, arguments["workload"])
    with _session(record.program, record.family, device) as (session, store):
        if proposals := missing(session, arguments["known"]):
            rate(session, [(_workload(record), proposals)])
        return {"state": MEASURED, "records": store.collected()}


def tune_program(device: str, arguments: Json) -> dict[str, Any]:
    """Tune a program as a user would."""
    loaded = load(arguments["program"])
    how: Json = {"mode": arguments["mode"], "budget": arguments["budget"], "device": device, "family": loaded.family}
    with collecting_store(arguments["donors"]) as store:
        report = tune(loaded.program, loaded.arguments, database=store, **how).report
        return {"state": MEASURED, "reason": str(report).splitlines()[0], "records": store.collected()}


STEPS: Mapping[str, Callable[[str, Json], dict[str, Any]]] = {
    CUT: cut_program,
    BUILD: build_workload,
    RATE: rate_workload,
    TUNE: tune_program,
}
"""By name; each takes a device and the arguments of an order."""


@contextmanager
def _session(program: str, family: str, device: str) -> Iterator[tuple[Session, Collecting]]:
    """A session over an empty store; what the database knows is told by the order."""
    how: Json = {"budget": None, "device": device, "family": family, "exclude_families": ()}
    with collecting_store("") as store, open_session(program, "search", database=store, **how) as session:
        yield session, store


def _workload(record: WorkloadRecord) -> Workload:
    """What was recorded, under the digest it was recorded under."""
    return Workload(sdfg_of(record), dict(record.sizes), record.digest, record.kind)


def _rating(workload: Workload, program: str, device: str, target: str) -> dict[str, Any]:
    return {
        "kind": RATE,
        "device": device,
        "subject": workload.digest,
        "label": f"{workload.kind} {workload.digest[:8]} of {program} {device}",
        "payload": {"workload": workload.digest, "target": target},
    }
