from __future__ import annotations

import numpy as np
import pytest

from dace_transfer.measure.compare import compare, holm
from dace_transfer.verdict import Verdict

Rounds = list[list[float]]


def rounds(seed: int, seconds: float, noise: float, count: int = 10) -> Rounds:
    generator = np.random.default_rng(seed)
    return [list(seconds * np.exp(noise * generator.standard_normal(5))) for _ in range(count)]


@pytest.mark.parametrize("noise", [0.001, 0.01, 0.1, 0.5])
def test_the_same_program_is_hardly_ever_faster_or_slower(noise: float) -> None:
    verdicts = [
        compare(rounds(seed, 1.0, noise), [rounds(seed + 10_000, 1.0, noise)])[0].verdict for seed in range(200)
    ]
    # Either side of a test at 1 % may be wrong twice in 200; small noise never passes the margin of 2 %.
    assert verdicts.count(Verdict.FASTER) <= (4 if noise > 0.05 else 0)
    assert verdicts.count(Verdict.SLOWER) <= (4 if noise > 0.05 else 0)


def test_a_clear_difference_is_found_in_both_directions() -> None:
    for seed in range(50):
        quick, slow = rounds(seed, 1.0, 0.02), rounds(seed + 1000, 1.2, 0.02)
        faster, slower = compare(slow, [quick])[0], compare(quick, [slow])[0]
        assert faster.verdict is Verdict.FASTER
        assert slower.verdict is Verdict.SLOWER
        assert faster.low <= faster.ratio <= faster.high
        assert faster.ratio == pytest.approx(1.2, rel=0.05)
        assert faster.rounds == 10


def test_a_sure_but_tiny_gain_is_the_same() -> None:
    [comparison] = compare(rounds(1, 1.01, 0.001), [rounds(2, 1.0, 0.001)])
    assert comparison.p_value < 0.01
    assert comparison.verdict is Verdict.SAME


def test_a_wide_spread_is_ambiguous() -> None:
    [comparison] = compare(rounds(1, 1.0, 1.0), [rounds(2, 1.0, 1.0)])
    assert comparison.verdict is Verdict.AMBIGUOUS


def test_identical_samples_are_the_same() -> None:
    samples = rounds(1, 1.0, 0.1)
    assert compare(samples, [samples])[0].verdict is Verdict.SAME


def test_no_rounds_say_nothing() -> None:
    [comparison] = compare([], [[]])
    assert (comparison.verdict, comparison.rounds, comparison.p_value) == (Verdict.AMBIGUOUS, 0, 1.0)


def test_few_rounds_decide_only_what_is_far_from_one() -> None:
    slow, near, distant = rounds(1, 1.0, 0.01, 4), rounds(2, 1 / 2.3, 0.01, 4), rounds(3, 0.3, 0.01, 4)
    assert compare(slow, [near])[0].verdict is Verdict.AMBIGUOUS
    assert compare(slow, [distant])[0].verdict is Verdict.FASTER
    assert compare(distant, [slow])[0].verdict is Verdict.SLOWER
    assert compare(slow[:1], [distant[:1]])[0].verdict is Verdict.AMBIGUOUS


def test_ranks_are_counted_exactly() -> None:
    baseline = [[seconds] for seconds in (2.0, 2.1, 2.2, 2.3, 2.4)]
    first = [[seconds] for seconds in (1.0, 1.1, 1.2, 1.3, 1.4)]
    # One that is slower than all, or in the middle of the slower half, is the same: none of it scores.
    for last in (2.15, 9.0):
        [comparison] = compare(baseline, [[*first[:4], [last]]])
        assert comparison.p_value == pytest.approx(6 / 252)
    assert compare(baseline, [first])[0].p_value == pytest.approx(1 / 252)


def test_slow_processes_on_either_side_do_not_hide_a_gain() -> None:
    def outlying(seed: int, seconds: float) -> Rounds:
        slow = np.random.default_rng(seed).permutation([1, 2.3] * 5 + [1] * 5)
        return [
            [seconds * factor * sample for sample in samples]
            for factor, [*samples] in zip(slow, rounds(seed, 1, 0.01, 15), strict=True)
        ]

    verdicts = [compare(outlying(seed, 1.3), [outlying(seed + 100, 1.0)])[0].verdict for seed in range(30)]
    assert verdicts.count(Verdict.FASTER) == 30


def test_a_gain_shows_through_a_drifting_machine() -> None:
    speed = np.exp(0.3 * np.sin(np.arange(15)))
    slow, quick = rounds(1, 1.07, 0.01, 15), rounds(2, 1.0, 0.01, 15)
    drifted = [
        [[s * factor for s in samples] for factor, samples in zip(speed, side, strict=True)] for side in (slow, quick)
    ]
    assert compare(drifted[0], [drifted[1]], 0.001)[0].verdict is Verdict.FASTER


def test_what_is_often_much_slower_is_not_faster() -> None:
    slow = rounds(1, 1.1, 0.01, 20)
    quick = [
        [sample * (3 if number % 3 == 0 else 1) for sample in it] for number, it in enumerate(rounds(2, 1.0, 0.01, 20))
    ]
    assert compare(slow, [quick])[0].ratio > 1.05
    assert compare(slow, [quick])[0].verdict is not Verdict.FASTER


def test_many_candidates_need_more_evidence() -> None:
    slow = rounds(1, 1.1, 0.01, 5)
    alone = compare(slow, [rounds(2, 1.0, 0.01, 5)])
    among = compare(slow, [rounds(seed, 1.0, 0.01, 5) for seed in range(2, 8)])
    assert alone[0].verdict is Verdict.FASTER
    assert among[0].verdict is not Verdict.FASTER
    assert among[0].p_value == pytest.approx(6 * alone[0].p_value)


def test_a_lower_level_needs_more_evidence() -> None:
    slow, quick = rounds(1, 1.1, 0.01, 5), rounds(2, 1.0, 0.01, 5)
    assert compare(slow, [quick], 0.004)[0].verdict is Verdict.FASTER
    assert compare(slow, [quick], 0.003)[0].verdict is Verdict.AMBIGUOUS


def test_holm_steps_down() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([]) == []
    assert holm([0.9, 0.8]) == [1.0, 1.0]


def test_the_result_does_not_depend_on_chance() -> None:
    slow, quick = rounds(1, 1.1, 0.1), rounds(2, 1.0, 0.1)
    assert compare(slow, [quick]) == compare(slow, [quick])
