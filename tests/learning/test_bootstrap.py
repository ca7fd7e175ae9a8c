"""Intervals."""

import numpy as np
import pytest

from dace_transfer.learning.bootstrap import estimate, resamples


def test_whole_clusters_are_drawn():
    samples = resamples(["a", "b", "a", "c"], seed=0, count=50)
    assert len(samples) == 50
    for sample in samples:
        counts = np.bincount(sample, minlength=4)
        assert counts[0] == counts[2] and counts[[0, 1, 3]].sum() == 3


def test_draws_repeat_with_their_seed():
    first, again, other = (resamples(list("abcdefgh"), seed=seed, count=5) for seed in (3, 3, 4))
    assert all((a == b).all() for a, b in zip(first, again, strict=True))
    assert any((a != b).any() for a, b in zip(first, other, strict=True))


def test_intervals_cover_the_truth_and_shrink():
    rng = np.random.default_rng(0)
    widths = []
    for count in (20, 200):
        hits = 0
        for seed in range(100):
            values = rng.normal(size=count)
            sampled = np.array([values[s].mean() for s in resamples([str(i) for i in range(count)], seed, 200)])
            found = estimate(float(values.mean()), sampled)
            hits += found.low <= 0.0 <= found.high
            widths.append(found.high - found.low)
        assert 84 <= hits <= 100
    assert np.mean(widths[:100]) == pytest.approx(np.sqrt(10) * np.mean(widths[100:]), rel=0.15)


def test_clusters_that_agree_within_widen_intervals():
    values = np.repeat([0.0, 1.0, 0.0, 1.0], 25)
    alone, together = [str(i) for i in range(100)], [str(i // 25) for i in range(100)]
    ends = [
        estimate(0.5, np.array([values[s].mean() for s in resamples(clusters, 0)])) for clusters in (alone, together)
    ]
    assert ends[1].high - ends[1].low > 2 * (ends[0].high - ends[0].low)


def test_samples_that_say_nothing_do_not_count():
    assert estimate(1.0, np.array([np.nan, 1.0, 1.0])).high == 1.0
    assert np.isnan(estimate(np.nan, np.array([np.nan])).low)
