"""The tuner's decisions, with the answers of verification and of the races given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import dace
import numpy as np
import pytest

from dace_transfer.building.binary import Binary
from dace_transfer.database.records import EmbeddingRecord, RecipeRecord, TargetRecord, TuningRecord
from dace_transfer.database.store import Store, open_store
from dace_transfer.database.workloads import record_of
from dace_transfer.embeddings import SymbolicFeatures
from dace_transfer.errors import NoRecordError
from dace_transfer.measure.compare import Comparison
from dace_transfer.measure.race import Race, Runner
from dace_transfer.search import Proposal, Trust
from dace_transfer.target import Target
from dace_transfer.transformations import Recipe, parse_recipe
from dace_transfer.tuner import decide as decide_module
from dace_transfer.tuner import explore, trial
from dace_transfer.tuner import session as session_module
from dace_transfer.tuner.candidate import Field, make_field
from dace_transfer.tuner.decide import Decided, decide
from dace_transfer.tuner.session import Session
from dace_transfer.verdict import Verdict
from dace_transfer.verify import Verification
from dace_transfer.workload import Workload, workload_of

N = dace.symbol("N")
TARGET = Target("cpu", "test", ("avx2",), 2, (2**15, 2**20, 2**25), "gcc 12", "-O3")

LIBRARY = {
    recipe.name: recipe
    for recipe in map(
        parse_recipe,
        (
            "recipe auto_optimize\nauto_optimize sdfg\n",
            "recipe fuse\nfuse all_maps\n",
            "recipe sequential\nschedule all_maps kind=sequential\n",
            "recipe tile\ntile maps sizes=?size{8|16|32}\n",
        ),
    )
}


@dace.program
def chain(a: dace.float64[N, N], b: dace.float64[N, N]):
    t = a * 2.0
    b[:] = np.exp(t) + 1.0


@dace.program
def other_chain(p: dace.float64[N, N], q: dace.float64[N, N]):
    q[:] = np.log(p * 3.0) - 1.0


@dace.program
def single(a: dace.float64[N, N], b: dace.float64[N, N]):
    b[:] = np.exp(a)


class FakeBuilder:
    """Every build works, and every binary remembers the SDFG it was made of."""

    def build(self, sdfgs: Sequence[dace.SDFG], timeout: float = 0.0) -> list[Binary]:
        return [Binary(Path(f"/{index}.so"), "x", (), ()) for index, _ in enumerate(sdfgs)]


def is_sequential(sdfg: dace.SDFG) -> bool:
    maps = [n.map for n, _ in sdfg.all_nodes_recursive() if isinstance(n, dace.nodes.MapEntry)]
    return bool(maps) and all(m.schedule == dace.ScheduleType.Sequential for m in maps)


def map_count(sdfg: dace.SDFG) -> int:
    return sum(isinstance(n, dace.nodes.MapEntry) for n, _ in sdfg.all_nodes_recursive())


class World:
    """What verification answers: a speed for every SDFG, and who is wrong."""

    def __init__(self, speed: Mapping[str, float], wrong: Sequence[str] = ()):
        self.speed, self.wrong, self.verified = dict(speed), set(wrong), 0

    def kind(self, sdfg: dace.SDFG, workload: Workload, position: int) -> str:
        if position == 0:
            return "auto_optimize"
        if is_sequential(sdfg):
            return "sequential"
        return "fuse" if map_count(sdfg) < map_count(workload.sdfg) else "tile"

    def verify(
        self, pairs: Sequence[tuple[Workload, Sequence[dace.SDFG]]], builder: Any, target: Target, **_: Any
    ) -> list[list[Verification]]:
        answers = []
        for workload, candidates in pairs:
            kinds = [self.kind(c, workload, i) for i, c in enumerate(candidates)]
            self.verified += len(kinds)
            answers.append([self.answer(kind) for kind in kinds])
        return answers

    def answer(self, kind: str) -> Verification:
        if kind in self.wrong:
            return Verification(False, "wrong", "It differs.", 1.0, 1e-9, 1)
        return Verification(True, "ok", "", 2e-16, 1e-12, 3, self.speed.get(kind, 1.0), (1.0,), (1.0,))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(tmp_path / "test.db", seed=False)
    yield opened
    opened.close()


def session(store: Store, mode: str, library: Mapping[str, Recipe] = LIBRARY, **settings: Any) -> Session:
    values = {"program": "test", "family": "chains", "exclude_families": (), "deadline": float("inf")} | settings
    encoder = SymbolicFeatures(TARGET)
    return Session(
        mode=mode, target=TARGET, store=store, builder=FakeBuilder(), encoder=encoder, library=library, **values
    )


def workload(program: Any, size: int = 40) -> Workload:
    return workload_of(program.to_sdfg(simplify=True), {"N": size})


def decided(session_: Session, work: Workload) -> Decided:
    return decide(session_, [work])[0]


def live_in(world: World, monkeypatch: pytest.MonkeyPatch, patience: int = 0) -> None:
    monkeypatch.setattr(trial, "verify", world.verify)
    monkeypatch.setattr(explore, "race_field", lambda session, field, known=None: field)
    monkeypatch.setattr(explore, "_PATIENCE", patience)


def test_search_takes_the_fastest_that_is_right(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    live_in(World({"fuse": 1.5, "sequential": 3.0, "tile": 9.0}, wrong=["tile"]), monkeypatch)
    result = decided(session(store, "search"), workload(chain))
    assert (result.decision.verdict, result.decision.chosen) == (Verdict.FASTER, "sequential")
    assert result.sdfg is not None and is_sequential(result.sdfg)
    verdicts = {a.recipe: a.verdict for a in result.decision.attempts}
    assert verdicts["tile"] is Verdict.WRONG
    assert verdicts["fuse"] is Verdict.FASTER
    assert "up to 2.0e-16 (1.0e-12 allowed)" in result.decision.attempts[0].reason


def test_what_was_found_is_transferred_replayed_and_left_out_with_its_family(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World({"sequential": 2.0})
    live_in(world, monkeypatch)
    decided(session(store, "search"), workload(chain))

    near = decided(session(store, "transfer", program="new", family="others"), workload(other_chain))
    assert near.decision.chosen == "sequential"
    attempt = near.decision.attempts[0]
    assert attempt.origin == "neighbour" and attempt.distance is not None and attempt.donor_program == "test"

    left_out = session(store, "transfer", program="new", family="others", exclude_families=("chains", "others"))
    assert decided(left_out, workload(other_chain, 41)).decision.verdict is Verdict.NO_NEIGHBOUR

    again = decided(session(store, "replay"), workload(chain))
    assert again.decision.chosen == "sequential" and again.decision.attempts[0].origin == "exact"
    with pytest.raises(NoRecordError, match="holds nothing"):
        decided(session(store, "replay"), workload(chain, 77))


def donating(store: Store, ratios: Mapping[str, float], program: Any = chain) -> None:
    """Let a workload donate recipes, given as text, as if a race had timed them."""
    work = workload(program)
    vector = SymbolicFeatures(TARGET).encode([work])[0]
    store.put_all([TargetRecord(TARGET.digest, "{}"), record_of(work, "donor", "donors")])
    store.put_all([EmbeddingRecord(work.digest, SymbolicFeatures(TARGET).id, "", vector)])
    for text, ratio in ratios.items():
        recipe = parse_recipe(text)
        words = ("because", "[]", "search", "2", "0", "2026-01-01T00:00:00+00:00", "test")
        verdict = "FASTER" if ratio > 1.05 else "SLOWER"
        store.put_all([RecipeRecord(recipe.id, recipe.name, text)])
        ends = (work.digest, recipe.id, TARGET.digest, "auto_optimize", verdict, ratio)
        store.put_all([TuningRecord(*ends, None, None, (), (), *words)])


@pytest.mark.parametrize("mode", ["transfer", "measure"])
def test_recipes_that_do_not_apply_or_make_nothing_new_do_not_count(
    mode: str, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    live_in(World({}), monkeypatch)
    unfit = {
        f"recipe unfit\nmove_loop_into_map loops\ntile maps sizes={size}\n": 9.0 - 0.01 * size for size in range(2, 6)
    }
    same = {f"recipe same\nschedule {which} kind=sequential\n": 4.0 for which in ("maps", "all_maps")}
    tiles = {f"recipe tile{size}\ntile maps sizes={size}\n": 2.0 - 0.001 * size for size in (4, 16, 32, 64, 5, 6)}
    donating(store, {**unfit, **same, **tiles})
    attempts = decided(session(store, mode, program="new"), workload(other_chain)).decision.attempts
    new = [a for a in attempts if a.verdict is not Verdict.NOT_APPLICABLE and "same program" not in a.reason]
    assert len(new) == {"transfer": 3, "measure": 5}[mode]
    assert len(attempts) == len(new) + 4 + 1


def test_where_neighbours_got_slower_runs_must_be_clear(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    donating(store, {"recipe sequential\nschedule all_maps kind=sequential\n": 4.0}, chain)
    donating(store, {"recipe sequential\nschedule all_maps kind=sequential\n": 0.9}, single)
    for ratio, doubt_limit, verdict in ((1.1, -0.9, "no_neighbour"), (1.1, 0.9, "faster"), (1.3, -0.9, "faster")):
        live_in(World({"sequential": ratio}), monkeypatch)
        trust = Trust(doubt_limit, 0.05, "symbolic-2", 2, 2, "")
        left_out = {"exclude_families": ("mine",), "trust": trust}
        decision = decided(session(store, "transfer", program="new", **left_out), workload(other_chain)).decision
        assert decision.verdict.value == verdict
        assert ("cannot be trusted" in decision.reason) == (verdict == "no_neighbour")


def test_a_pair_verified_before_is_not_verified_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World({"sequential": 2.0})
    live_in(world, monkeypatch)
    decided(session(store, "search"), workload(chain))
    before = world.verified
    again = decided(session(store, "transfer"), workload(chain))
    assert again.decision.chosen == "sequential"
    assert world.verified == before


def test_a_pair_that_was_wrong_is_never_tried_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World({}, wrong=["sequential"])
    live_in(world, monkeypatch)
    decided(session(store, "search"), workload(chain))
    library = {name: LIBRARY[name] for name in ("auto_optimize", "sequential")}
    before = world.verified
    again = decided(session(store, "search", library), workload(chain))
    verdicts = {a.recipe: a.verdict for a in again.decision.attempts}
    assert verdicts == {"sequential": Verdict.WRONG}
    assert world.verified == before


def test_recipes_that_make_one_program_have_one_verdict_and_are_verified_once(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    again = parse_recipe("recipe also_sequential\nschedule maps kind=sequential\n")
    world = World({"sequential": 2.0})
    live_in(world, monkeypatch)
    library = {name: LIBRARY[name] for name in ("auto_optimize", "sequential")} | {again.name: again}
    result = decided(session(store, "search", library), workload(single))
    attempts = {a.recipe: a for a in result.decision.attempts}
    assert world.verified == 2, "auto_optimize and one of the two"
    assert {attempts[name].ratio for name in ("sequential", again.name)} == {2.0}
    assert {attempts[name].verdict for name in ("sequential", again.name)} == {Verdict.FASTER}
    assert sum("makes the same program" in a.reason for a in attempts.values()) == 1
    recorded = {r.recipe: (r.verdict, r.ratio) for r in store.tunings(workload(single).digest)}
    assert recorded[again.id] == recorded[LIBRARY["sequential"].id] == ("FASTER", 2.0)


def test_nothing_faster_leaves_the_baseline(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    live_in(World({"fuse": 1.01, "sequential": 0.5, "tile": 0.9}), monkeypatch)
    result = decided(session(store, "search"), workload(chain))
    assert result.sdfg is None and result.decision.chosen == ""
    assert result.decision.verdict is Verdict.SAME
    assert result.decision.parts, "it was cut, and its pieces were looked at"


def test_search_goes_on_with_variations_of_the_best(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    live_in(World({"tile": 2.0}), monkeypatch, patience=4)
    result = decided(session(store, "search"), workload(chain))
    assert {a.origin for a in result.decision.attempts} == {"portfolio", "mutation"}
    ids = [a.recipe_id for a in result.decision.attempts]
    assert len(ids) == len(set(ids)) > len(LIBRARY) + 2
    assert {r.recipe for r in store.tunings(workload(chain).digest)} >= set(ids)


def test_search_also_tunes_the_pieces_of_a_program(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    live_in(World({"sequential": 2.0}), monkeypatch)
    result = decided(session(store, "search"), workload(chain))
    assert result.decision.chosen == "sequential" and result.sdfg is not None
    assert {part.chosen for part in result.decision.parts} == {"sequential"}
    assert result.assembled is not None and result.assembled is not result.sdfg
    assert decided(session(store, "measure"), workload(chain)).decision.parts == ()


def test_seconds_go_where_the_time_is_spent(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def go_on(session_: Session, quest: explore.Quest) -> explore.Quest:
        asked.append(quest.strategy)
        return replace(quest, ended=len(asked) > 3)

    monkeypatch.setattr(explore, "_go_on", go_on)
    samples = {"hot": (1.0,), "cold": (0.001,), "unknown": ()}
    fields = {name: SimpleNamespace(baseline=baseline(times), candidates=()) for name, times in samples.items()}
    explore.explore(SimpleNamespace(time_left=99.0), [explore.Quest(field, name) for name, field in fields.items()])
    assert asked == ["hot"] * 4 + ["cold"]


class Clock:
    """A time that only passes when somebody works."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now


@pytest.mark.parametrize(("seconds", "skipped"), [(1.0, 0), (5.0, 6)])
def test_a_search_lives_within_its_budget_and_races_what_it_found(
    seconds: float, skipped: int, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, world, races = Clock(), World({}), list[float]()
    for module in (explore, decide_module, session_module):
        monkeypatch.setattr(module, "time", clock)
    extended = explore.extended

    def slowly_extended(session_: Session, field: Field, proposals: Sequence[Proposal]) -> Field:
        clock.now += len(proposals)
        return extended(session_, field, proposals)

    def verify(pairs: Any, builder: Any, target: Target, *, until: float) -> list[list[Verification]]:
        (answers,) = world.verify(pairs, builder, target)
        for index in range(len(answers)):
            if clock.now > until:
                answers[index] = Verification(False, "skipped", "There was no time left to run it.")
            else:
                clock.now += seconds
        return [answers]

    def race(baseline: Binary, candidates: Sequence[Binary], *_: Any, budget: float) -> Race:
        clock.now += budget
        races.append(budget)
        return Race(((1.0,),), tuple(Runner(Verdict.SAME, "", None, ((1.0,),)) for _ in candidates), None)

    monkeypatch.setattr(explore, "extended", slowly_extended)
    monkeypatch.setattr(trial, "verify", verify)
    monkeypatch.setattr(trial, "race", race)
    tiles = (parse_recipe(f"recipe tile{size}\ntile maps sizes={size}\n") for size in range(2, 20))
    library = {"auto_optimize": LIBRARY["auto_optimize"]} | {tile.name: tile for tile in tiles}
    attempts = decided(session(store, "search", library, deadline=30.0), workload(single)).decision.attempts
    assert len(races) == 1 and races[0] >= 30.0 / 3
    assert clock.now <= 30.0 + 5.0
    assert len(attempts) == 8, "what there is no time for is not proposed"
    assert sum("no time" in attempt.reason for attempt in attempts) == skipped
    assert {a.verdict for a in attempts if "no time" in a.reason} <= {Verdict.AMBIGUOUS}
    recorded = {record.recipe for record in store.tunings(workload(single).digest)}
    assert recorded >= {attempt.recipe_id for attempt in attempts}


def test_what_an_earlier_round_made_is_not_tried_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World({"sequential": 2.0})
    live_in(world, monkeypatch)
    texts = [f"recipe {which}\nschedule {which} kind=sequential\n" for which in ("maps", "all_maps")]
    first, again = (Proposal(parse_recipe(text), "portfolio") for text in texts)
    searching = session(store, "search")
    (field,) = trial.verify_fields(searching, [make_field(searching, workload(single), [first])])
    later = explore.extended(searching, field, [again]).since(field)
    (candidate,) = trial.verify_fields(searching, [later])[0].candidates
    assert world.verified == 2, "auto_optimize and the first"
    assert (candidate.attempt.verdict, candidate.attempt.ratio, candidate.sdfg) == (Verdict.FASTER, 2.0, None)


def baseline(samples: tuple[float, ...]) -> Any:
    return SimpleNamespace(attempt=SimpleNamespace(samples=samples))


def test_a_race_has_the_last_word(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "verify", World({"fuse": 2.5, "sequential": 3.0, "tile": 2.4}).verify)

    def race(baseline: Binary, candidates: Sequence[Binary], *_: Any, **__: Any) -> Race:
        slower = Comparison(Verdict.SLOWER, 0.8, 0.7, 0.9, 0.001, 10)
        runners = tuple(Runner(Verdict.SLOWER, "", slower, ((1.2,),)) for _ in candidates)
        return Race(((1.0,),), runners, None)

    monkeypatch.setattr(trial, "race", race)
    monkeypatch.setattr(explore, "_PATIENCE", 0)
    result = decided(session(store, "measure", program="x"), workload(chain))
    assert result.sdfg is None
    result = decided(session(store, "search"), workload(chain))
    assert {a.verdict for a in result.decision.attempts if a.ratio is not None} == {Verdict.SLOWER}
    records = store.tunings(workload(chain).digest, TARGET.digest)
    assert {(r.low, r.high) for r in records if r.verdict == "SLOWER"} == {(0.7, 0.9)}


def test_a_search_races_what_verification_s_runs_do_not_favour(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "verify", World({"fuse": 0.9, "sequential": 3.0, "tile": 0.1}).verify)
    monkeypatch.setattr(explore, "_PATIENCE", 0)
    sizes: list[int] = []

    def race(baseline: Binary, candidates: Sequence[Binary], *_: Any, **__: Any) -> Race:
        sizes.append(len(candidates))
        return Race(((1.0,),), tuple(Runner(Verdict.SAME, "", None, ((1.0,),)) for _ in candidates), None)

    monkeypatch.setattr(trial, "race", race)
    attempts = decided(session(store, "search"), workload(chain)).decision.attempts
    assert sizes[0] == 2
    assert {a.recipe: a.verdict for a in attempts}["tile"] is Verdict.SLOWER


def test_a_candidate_that_cannot_be_applied_is_an_outcome(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    live_in(World({}), monkeypatch)
    broken = parse_recipe("recipe broken\nmove_loop_into_map loops\n")
    result = decided(session(store, "search", {**LIBRARY, "broken": broken}), workload(chain))
    attempt = next(a for a in result.decision.attempts if a.recipe == "broken")
    assert attempt.verdict is Verdict.NOT_APPLICABLE
    assert attempt.trace[0].outcome == "failed"
