"""Every task has one state, whoever works on it, and what it brings is stored with its state or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from dace_transfer.database.codec import to_json
from dace_transfer.database.opening import open_sql_store
from dace_transfer.database.records import RecipeRecord, TuningRecord
from dace_transfer.database.sql import SqlStore
from dace_transfer.errors import StoreError
from dace_transfer.sweep.counting import begun, count
from dace_transfer.sweep.ledger import Done, Ledger
from dace_transfer.sweep.spec import Spec
from dace_transfer.sweep.task import (
    COMPILE,
    COMPILED,
    CUT,
    DONE_CUTTING,
    LOST,
    MEASURED,
    RATE,
    TUNE,
    Answer,
    NewTask,
    Order,
    Task,
    again,
    failed,
    measuring,
)

MEASURE = measuring("cpu")


@pytest.fixture(params=["sqlite file", "postgresql"])
def store(request: pytest.FixtureRequest, new_database: Callable[[str], Any]) -> Iterator[SqlStore]:
    with new_database(request.param) as location:
        opened = open_sql_store(location, seed=False)
        yield opened
        opened.close()


@pytest.fixture
def ledger(store: SqlStore, spec: Callable[..., Spec]) -> Ledger:
    return begin(store, spec(), "me")


def begin(store: SqlStore, spec: Spec, owner: str, lease: float = 60.0) -> Ledger:
    it = Ledger(store, "sweep", owner, lease)
    it.begin(spec)
    return it


def new(name: str, kind: str = TUNE) -> NewTask:
    return NewTask(kind, "cpu", name, name, {"name": name})


def answered(task: Task, pretend: Callable[[Order], Answer]) -> Done:
    return Done(task, pretend(Order(f"{task.id}-0", task.step, task.role, task.device, {})))


def test_planning_again_adds_nothing(ledger: Ledger, store: SqlStore, spec: Callable[..., Spec]) -> None:
    assert not ledger.begin(spec())
    ledger.plan(new(str(i)) for i in range(5))
    assert ledger.begin(spec())
    ledger.plan(new(str(i)) for i in range(7))
    assert count(store, "sweep").states == {"queued": 7}
    assert [known.id for known in begun(store)] == ["sweep"]


def test_tasks_are_leased_in_order_to_one_at_a_time(ledger: Ledger, store: SqlStore, spec: Callable[..., Spec]) -> None:
    ledger.plan(new(str(i)) for i in range(5))
    other = begin(store, spec(), "other")
    assert [task.label for task in ledger.lease(MEASURE, 2)] == ["0", "1"]
    assert [task.label for task in other.lease(MEASURE, 9)] == ["2", "3", "4"]
    assert ledger.lease(MEASURE, 9) == ledger.lease(COMPILE, 9) == []
    assert count(store, "sweep").leased == 5


def test_an_answer_is_stored_once_and_ends_its_task(
    ledger: Ledger, store: SqlStore, pretend: Callable[[Order], Answer]
) -> None:
    ledger.plan([new("a")])
    (task,) = ledger.lease(MEASURE, 1)
    assert len(ledger.finish([answered(task, pretend)])) == 1
    assert ledger.finish([answered(task, pretend)]) == [], "it is nobody's any more"
    assert len(list(store.records(TuningRecord))) == 1
    assert not ledger.unfinished()
    counts = count(store, "sweep")
    assert (counts.states, counts.leased, counts.outcomes, counts.left) == ({"measured": 1}, 0, {"faster": 1}, 0.0)
    assert counts.recent == 1


def test_what_follows_is_added_with_the_answer_and_goes_through_its_steps(ledger: Ledger) -> None:
    ledger.plan([new("a", CUT), new("b", CUT)])
    programs = ledger.lease(COMPILE, 2)
    ledger.finish([Done(task, Answer(DONE_CUTTING, follow=(new("nest", RATE),))) for task in programs])
    (nest,) = ledger.lease(COMPILE, 9)
    assert (nest.label, nest.step, nest.position) == ("nest", "build", 0)
    assert ledger.lease(MEASURE, 9) == [], "it has to be built before"
    ledger.finish([Done(nest, Answer(COMPILED))])
    (nest,) = ledger.lease(MEASURE, 9)
    assert (nest.step, nest.state) == ("rate", COMPILED)
    ledger.finish([Done(nest, Answer(MEASURED))])
    assert not ledger.unfinished()


def test_a_lease_that_ended_is_anybodys_and_what_comes_late_is_dropped(
    ledger: Ledger, store: SqlStore, spec: Callable[..., Spec], pretend: Callable[[Order], Answer]
) -> None:
    slow = begin(store, spec(), "slow", lease=-1.0)
    ledger.plan([new("a"), new("b")])
    (late,) = slow.lease(MEASURE, 1)
    (kept,) = ledger.lease(MEASURE, 1)
    assert slow.reclaim(lambda owner: False, held=[late.id]) == 0, "its own, it knows, go on"
    assert ledger.reclaim(lambda owner: False) == 1
    (again_,) = ledger.lease(MEASURE, 9)
    assert (again_.id, again_.tries) == (late.id, 0)
    assert slow.finish([answered(late, pretend)]) == []
    slow.renew([late.id])
    slow.release([late.id])
    assert len(ledger.finish([answered(again_, pretend), answered(kept, pretend)])) == 2
    assert len(list(store.records(TuningRecord))) == 2


def test_who_is_gone_gives_back_at_once(ledger: Ledger, store: SqlStore, spec: Callable[..., Spec]) -> None:
    ledger.plan([new("a"), new("b")])
    begin(store, spec(), "dead").lease(MEASURE, 1)
    begin(store, spec(), "alive").lease(MEASURE, 1)
    assert ledger.reclaim(lambda owner: owner == "dead") == 1
    assert [task.label for task in ledger.lease(MEASURE, 9)] == ["a"]


def test_released_tasks_are_as_they_were(ledger: Ledger) -> None:
    ledger.plan([new("a")])
    (task,) = ledger.lease(MEASURE, 1)
    ledger.release([task.id])
    assert ledger.lease(MEASURE, 1) == [task]


@pytest.mark.parametrize(("kind", "tries"), [("crash", 3), (LOST, 20)])
def test_what_is_lost_again_and_again_fails(ledger: Ledger, store: SqlStore, kind: str, tries: int) -> None:
    ledger.plan([new("a")])
    for _ in range(tries):
        (task,) = ledger.lease(MEASURE, 1)
        ledger.finish([Done(task, again(kind, "It went away."))])
    assert not ledger.unfinished()
    assert count(store, "sweep").failures == {kind: 1}


def test_a_failure_is_final_and_counted_by_kind(ledger: Ledger, store: SqlStore) -> None:
    ledger.plan([new("a"), new("b")])
    ledger.finish([Done(task, failed("timeout", "It took too long.")) for task in ledger.lease(MEASURE, 2)])
    assert count(store, "sweep").failures == {"timeout": 2}


def test_records_that_are_refused_leave_everything_as_it_was(
    ledger: Ledger, store: SqlStore, pretend: Callable[[Order], Answer]
) -> None:
    ledger.plan([new("a"), new("b")])
    good, bad = ledger.lease(MEASURE, 2)
    refused = Answer(MEASURED, records=(("recipe", to_json(RecipeRecord("r2", "n", "t")) | {"text": 7}),))
    with pytest.raises(StoreError):
        ledger.finish([answered(good, pretend), Done(bad, refused)])
    assert list(store.records(TuningRecord)) == []
    assert count(store, "sweep").leased == 2
    assert len(ledger.finish([answered(good, pretend)])) == 1
