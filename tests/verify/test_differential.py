"""Right candidates pass, every planted mistake is found, and what dies takes nothing with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import dace
import numpy as np
import pytest

from dace_transfer.building.binary import Binary
from dace_transfer.building.builder import Builder
from dace_transfer.target import Target
from dace_transfer.verify import Verification, laboratory, verify, verify_program
from dace_transfer.verify.differential import _Group, _Record
from dace_transfer.verify.laboratory import Judgement, Trial
from dace_transfer.workload import Workload

Raw = Callable[..., dace.SDFG]

RIGHT = "for (int i = 0; i < N; i++) b[i] = 2 * a[i];"
MISTAKES = {
    "misses the last element": ("for (int i = 0; i < N - 1; i++) b[i] = 2 * a[i];", "wrong"),
    "is off by one": ("for (int i = 0; i < N; i++) b[i] = 2 * a[i > 0 ? i - 1 : 0];", "wrong"),
    "drops the remainder of a tile": (
        "for (int t = 0; t < N / 32; t++) for (int i = 32 * t; i < 32 * t + 32; i++) b[i] = 2 * a[i];",
        "wrong",
    ),
    "runs past the end of a tile": (
        "for (int t = 0; t < N; t += 32) for (int i = t; i < t + 32; i++) b[i] = i < N ? 2 * a[i] : 1;",
        "guard",
    ),
    "writes before the start": (RIGHT + " b[-3] = 0;", "guard"),
    "adds past the end": (RIGHT + " b[N] += 1;", "guard"),
    "reads past the end": ("for (int i = 0; i < N; i++) b[i] = 2 * a[i] + 0 * a[i + 1];", "wrong"),
    "forgets to initialise": ("for (int i = 0; i < N; i++) b[i] += 2 * a[i];", "wrong"),
    "leaves every other element": ("for (int i = 0; i < N; i += 2) b[i] = 2 * a[i];", "wrong"),
    "changes its input": (RIGHT + " const_cast<double*>(a)[0] = 0;", "wrong"),
    "is slightly inexact": ("for (int i = 0; i < N; i++) b[i] = 2.0000001 * a[i];", "wrong"),
    "is only wrong sometimes, as in a race": (
        "static int runs = 0; " + RIGHT + " if (++runs > 6) b[N / 2] += 1;",
        "wrong",
    ),
    "crashes": (RIGHT + " *(volatile int*)nullptr = 1;", "crash"),
    "does not compile": ("nonsense;", "compile"),
}


N = dace.symbol("N")


@dace.program
def twice(A: dace.float64[N]):
    return A * 2


@dace.program
def gather(values: dace.float64[N], places: dace.int32[N], out: dace.float64[N]):
    for i in dace.map[0:N]:
        out[i] = values[places[i]]


def workload(sdfg: dace.SDFG, **sizes: int) -> Workload:
    return Workload(sdfg, sizes, "digest", "nest")


@pytest.fixture(scope="module")
def judged(raw: Raw, builder: Builder, target: Target) -> dict[str, Verification]:
    """All mistakes between two right ones, in one call."""
    codes = {"right": "for (int i = N - 1; i >= 0; i--) b[i] = a[i] + a[i];"}
    codes |= {name: code for name, (code, _) in MISTAKES.items()} | {"right too": RIGHT + " // the same"}
    work = workload(raw(RIGHT), N=1024)
    [verifications] = verify([(work, [raw(code) for code in codes.values()])], builder, target)
    return dict(zip(codes, verifications, strict=True))


@pytest.mark.parametrize("name", ["right", "right too"])
def test_a_right_candidate_passes_and_is_timed(judged: dict[str, Verification], name: str) -> None:
    verification = judged[name]
    assert (verification.ok, verification.kind, verification.reason) == (True, "ok", "")
    assert verification.trials >= 4
    assert verification.max_error <= verification.tolerance
    assert verification.ratio is not None
    assert len(verification.samples) == len(verification.baseline_samples) > 0


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_found(judged: dict[str, Verification], name: str) -> None:
    verification = judged[name]
    assert not verification.ok
    assert verification.kind == MISTAKES[name][1]
    assert verification.reason
    assert verification.ratio is None


def test_a_hanging_candidate_costs_only_itself(
    raw: Raw, builder: Builder, target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(laboratory, "_SHORTEST_TIMEOUT", 3.0)
    hanging = raw("volatile int on = 1; while (on); b[0] = a[0];")
    [[first, second]] = verify([(workload(raw(RIGHT), N=100), [hanging, raw(RIGHT)])], builder, target)
    assert first.kind == "timeout"
    assert second.ok


def test_who_is_not_begun_in_time_is_said_to_be_skipped(
    raw: Raw, builder: Builder, target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(laboratory, "_LEAST", 0.0)
    [verifications] = verify([(workload(raw(RIGHT), N=100), [raw(RIGHT)] * 4)], builder, target, until=0.0)
    assert [v.kind for v in verifications] == ["ok"] * 3 + ["skipped"]
    assert all(v.ratio is not None for v in verifications[:3]) and not verifications[3].ok


@pytest.mark.parametrize(("kind", "used"), [("ok", "fast"), ("wrong", "plain"), ("", "plain")])
def test_fast_library_nodes_judge_once_they_were_right(kind: str, used: str) -> None:
    binaries = {name: Binary(Path(f"/{name}.so"), "x", (), ()) for name in ("plain", "fast")}
    record = _Record([Trial(judgements={"fast": Judgement(kind, "")} if kind else {})])
    group = _Group(dace.SDFG("any"), {}, binaries["plain"], None, (), binaries["fast"])
    assert group.hastened(record).baseline is binaries[used]


def test_a_candidate_with_other_arguments_is_refused(raw: Raw, builder: Builder, target: Target) -> None:
    extra = raw(RIGHT)
    extra.add_array("C", [4], dace.float64)
    state = extra.add_state_after(extra.sink_nodes()[0])
    state.add_edge(
        state.add_tasklet("set", set(), {"c"}, "c = 1"), "c", state.add_write("C"), None, dace.Memlet("C[0]")
    )
    [[verification]] = verify([(workload(raw(RIGHT), N=100), [extra])], builder, target)
    assert verification.kind == "abi"
    assert "'C'" in verification.reason


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("*(volatile int*)nullptr = 1; b[0] = a[0];", "SIGSEGV"),
        ("for (int i = 0; i < N; i++) b[i] = sqrt(-a[i] * a[i] - 1);", "no numbers"),
        ("b[N] = a[0];", "outside"),
        ("for (int i = 0; i < N; i++) b[i] = 2 * a[i + 1];", "outside"),
        ("nonsense;", "does not build"),
        ("(void)a; (void)b;", "changes nothing"),
    ],
)
def test_nothing_is_verified_against_what_does_not_run(
    raw: Raw, builder: Builder, target: Target, code: str, reason: str
) -> None:
    [[verification]] = verify([(workload(raw(code), N=100), [raw(code)])], builder, target)
    assert not verification.ok
    assert verification.kind == "unverifiable"
    assert reason in verification.reason


def test_sizes_the_original_cannot_run_at_are_skipped(raw: Raw, builder: Builder, target: Target) -> None:
    picky = "if (N < 100) abort(); " + RIGHT
    [[verification]] = verify([(workload(raw(picky), N=128), [raw(RIGHT)])], builder, target)
    assert verification.ok
    assert verification.trials == 2


def test_several_groups_keep_their_order(raw: Raw, builder: Builder, target: Target) -> None:
    triple = "for (int i = 0; i < N; i++) b[i] = 3 * a[i];"
    pairs = [
        (workload(raw(RIGHT), N=50), [raw(triple), raw(RIGHT)]),
        (workload(raw(triple), N=60), [raw(triple)]),
        (workload(raw(RIGHT), N=70), []),
    ]
    first, second, third = verify(pairs, builder, target)
    assert [verification.ok for verification in first] == [False, True]
    assert [verification.ok for verification in second] == [True]
    assert third == []


SUM = "float s = 0; for (int i = 0; i < N; i++) s += a[i]; for (int i = 0; i < N; i++) b[i] = s;"
BETTER = "double s = 0; for (int i = 0; i < N; i++) s += a[i]; for (int i = 0; i < N; i++) b[i] = s;"
SHORT = "double s = 0; for (int i = 0; i < N - 1; i++) s += a[i]; for (int i = 0; i < N; i++) b[i] = s;"


def test_single_precision_may_be_more_exact_than_the_original(raw: Raw, builder: Builder, target: Target) -> None:
    """The original's own rounding errors exceed the tolerance; leaving one element out is still found."""
    programs = [raw(code, dace.float32) for code in (BETTER, SHORT)]
    [[better, short]] = verify([(workload(raw(SUM, dace.float32), N=2000), programs)], builder, target)
    assert better.ok
    assert short.kind == "wrong"


CHAOS = """for (int i = 0; i < N; i++) {
    double x = fabs(a[i]) / (1 + fabs(a[i]));
    for (int t = 0; t < TIMES; t++) x = NEXT;
    b[i] = x;
}"""


def chaos(raw: Raw, step: str, times: str = "N / 8") -> dace.SDFG:
    """The logistic map: every iteration doubles errors."""
    return raw(CHAOS.replace("NEXT", step).replace("TIMES", times))


def test_sizes_at_which_errors_have_no_time_to_grow_tell_about_chaos(
    raw: Raw, builder: Builder, target: Target
) -> None:
    steps = ("3.9 * x - 3.9 * x * x", "3.9001 * x * (1 - x)")
    original = workload(chaos(raw, "3.9 * x * (1 - x)"), N=1000)
    [[right, wrong]] = verify([(original, [chaos(raw, step) for step in steps])], builder, target)
    assert right.ok, right.reason
    assert right.max_error <= right.tolerance < 1e-6
    assert wrong.kind == "wrong"


def test_what_is_chaotic_at_all_sizes_is_not_verified(raw: Raw, builder: Builder, target: Target) -> None:
    original = chaos(raw, "3.9 * x * (1 - x)", "200")
    [[same]] = verify([(workload(original, N=1000), [chaos(raw, "3.9 * x - 3.9 * x * x", "200")])], builder, target)
    assert same.kind == "unverifiable"
    assert "Rounding errors" in same.reason


def test_indices_in_the_data_stay_in_bounds(builder: Builder, target: Target) -> None:
    sdfg = gather.to_sdfg(simplify=True)
    [[verification]] = verify([(workload(sdfg, N=200), [gather.to_sdfg(simplify=True)])], builder, target)
    assert verification.ok


class TestProgram:
    def test_runs_on_copies_of_the_users_arguments(self, raw: Raw, builder: Builder, target: Target) -> None:
        a, b = np.linspace(1, 2, 77), np.zeros(77)
        before = a.copy(), b.copy()
        [good] = verify_program(raw(RIGHT), [raw(RIGHT + "//")], {"A": a, "B": b, "N": 77}, builder, target)
        assert good.ok
        assert good.ratio is not None
        assert np.array_equal(a, before[0])
        assert np.array_equal(b, before[1])

    def test_finds_what_only_these_arguments_show(self, raw: Raw, builder: Builder, target: Target) -> None:
        special = raw("for (int i = 0; i < N; i++) b[i] = a[i] == 13 ? 0 : 2 * a[i];")
        arguments = {"A": np.arange(20.0), "B": np.zeros(20), "N": 20}
        [bad] = verify_program(raw(RIGHT), [special], arguments, builder, target)
        assert bad.kind == "wrong"
        assert "'B'" in bad.reason

    def test_a_specialised_program_replaces_a_symbolic_one(self, builder: Builder, target: Target) -> None:
        sdfg = twice.to_sdfg(simplify=True)
        fixed = twice.to_sdfg(simplify=True)
        fixed.specialize({"N": 30})
        [good] = verify_program(sdfg, [fixed], {"A": np.ones(30), "N": 30}, builder, target)
        assert good.ok, good.reason
        [refused] = verify_program(sdfg, [fixed], {"A": np.ones(31), "N": 31}, builder, target)
        assert not refused.ok

    def test_says_where_chaos_hides_mistakes(self, raw: Raw, builder: Builder, target: Target) -> None:
        original, other = (chaos(raw, step) for step in ("3.9 * x * (1 - x)", "3.9 * x - 3.9 * x * x"))
        arguments = {"A": np.linspace(0.1, 1.1, 1000), "B": np.zeros(1000)}
        calm, wild = ({name: array[:n] for name, array in arguments.items()} | {"N": n} for n in (40, 1000))
        found = [verify_program(original, [other], values, builder, target)[0] for values in (calm, wild)]
        assert [(outcome.ok, outcome.sharp) for outcome in found] == [(True, True), (True, False)]
        beyond = raw(CHAOS.replace("NEXT", "x * (1 - x)").replace("TIMES", "N / 8") + " b[N] = 0;")
        [outside] = verify_program(original, [beyond], wild, builder, target)
        assert outside.kind == "guard"

    def test_arguments_that_do_not_fit_prove_nothing(self, raw: Raw, builder: Builder, target: Target) -> None:
        [outcome] = verify_program(
            raw(RIGHT), [raw(RIGHT)], {"A": np.ones(3), "B": np.ones(3), "N": 4}, builder, target
        )
        assert outcome.kind == "unverifiable"
