"""The table, where the answers are known."""

import json
import math

import numpy as np
import pytest

from dace_transfer.learning.donors import Everywhere, Ranking
from dace_transfer.learning.evaluation import KS, evaluate
from dace_transfer.learning.neighbours import Neighbours
from dace_transfer.learning.report import shown
from dace_transfer.search.rules import by_cover, by_mean, by_turns


class Always:
    """Proposes the same recipes for everything and notes what it was allowed to know."""

    def __init__(self, *recipes, runs=()):
        self.name, self.recipes, self.asked, self.runs = "always", recipes, [], runs

    def rank(self, profiles, train, test):
        self.asked.append((train.tolist(), test.tolist()))
        return [Ranking(self.recipes, asked=self.runs)] * len(test)


def value(rows, donor, what, k=1):
    return next(row.estimates[what].value for row in rows if (row.donor, row.k) == (donor, k))


def test_neighbours_know_what_a_fixed_recipe_cannot(two_kinds):
    kinds = np.arange(12, dtype=np.float32)[:, None] % 2
    near = Neighbours("near", lambda train: kinds, by_turns)
    rows = evaluate(two_kinds, [near, Everywhere("fixed", by_mean), Everywhere("portfolio", by_cover)])
    assert [(row.donor, row.k) for row in rows] == [(d, k) for d in ("near", "fixed", "portfolio") for k in KS]
    assert value(rows, "near", "recovered") == value(rows, "near", "recovered_total") == 1.0
    assert value(rows, "near", "regressions") == 0.0
    assert value(rows, "fixed", "recovered") < 0.6 and value(rows, "fixed", "regressions") > 0.4
    assert value(rows, "portfolio", "recovered") <= 0.5 and value(rows, "portfolio", "recovered", 3) == 1.0
    assert value(rows, "near", "over_portfolio") == 1.0 - value(rows, "portfolio", "recovered")
    assert value(rows, "near", "evaluations_saved") == 2.0  # Of three recipes one is as good: (3 + 1) / (1 + 1).
    assert all((row.workloads, row.worth_tuning, row.families) == (12, 12, 4) for row in rows)


def test_half_recovered_by_one_recipe(two_kinds):
    rows = evaluate(two_kinds, [Always(1)])
    assert value(rows, "always", "recovered") == value(rows, "always", "regressions") == 0.5
    assert "over_portfolio" not in rows[0].estimates
    found = rows[0].estimates["recovered"]
    assert 1 / 3 <= found.low < 0.5 < found.high <= 2 / 3


def test_each_donor_knows_only_other_families_and_answers_for_each(make):
    profiles = make([[0.0, 1.0], [0.0, 1.0], [0.0, 2.0]], ["a", "a b", "b"])
    donor = Always(1)
    rows = evaluate(profiles, [donor])
    assert donor.asked == [([2], [0, 1]), ([0], [1, 2])]
    assert (rows[0].workloads, rows[0].families) == (4, 2)


def test_unusable_choices_are_wrong_and_gain_nothing(make):
    profiles = make([[math.nan, 1.0], [math.nan, 1.0], [None, 1.0], [None, 1.0]], "abcd")
    rows = evaluate(profiles, [Always(0, 1)])
    assert value(rows, "always", "wrong") == value(rows, "always", "recovered") == 0.5
    assert value(rows, "always", "recovered", 3) == 1.0
    assert value(rows, "always", "regressions") == value(rows, "always", "abstained") == 0.0


def test_what_is_not_worth_tuning_counts_for_safety_only(make):
    profiles = make([[0.0, 1.0], [0.0, -1.0], [0.0, 0.05]], "abc")
    rows = evaluate(profiles, [Always(1)])
    assert (value(rows, "always", "recovered"), value(rows, "always", "regressions")) == (1.0, pytest.approx(1 / 3))
    assert (rows[0].workloads, rows[0].worth_tuning) == (3, 1)


def test_the_best_known_may_be_outside_the_bank(make):
    profiles = make([[0.0, 1.0], [0.0, 1.0]], "ab", best=[4.0, 2.0])
    rows = evaluate(profiles, [Always(1)])
    assert (value(rows, "always", "recovered"), value(rows, "always", "recovered_total")) == (
        0.375,
        pytest.approx(1 / 3),
    )


def test_abstaining_saves_and_risks_nothing(two_kinds):
    rows = evaluate(two_kinds, [Always()])
    wanted = {"abstained": 1.0, "recovered": 0.0, "regressions": 0.0, "wrong": 0.0, "evaluations_saved": 0.0}
    assert {name: value(rows, "always", name, 10) for name in wanted} == wanted


def test_runs_choose_what_is_used(make):
    """The second recipe looks best, and is slower by one half of the runs on one of four; another gains too little."""
    profiles = make([[1.0, 2.0], [1.0, 2.0], [1.0, 2.0], [0.01, 0.02]], "abcd", best=[2.0, 2.0, 2.0, 2.0])
    profiles.halves[1, 2] = [1.0, -1.0]
    rows = evaluate(profiles, [Always(0, 1, runs=(0.1, 0.1))])
    assert [value(rows, "always", "regressions", k) for k in (1, 3)] == [0.0, 0.125]
    assert [value(rows, "always", "recovered", k) for k in (1, 3)] == [0.375, (1.0 + 1.0 + 0.25) / 4]
    assert [value(rows, "always", "abstained", k) for k in (1, 3)] == [0.25, 0.25]


def test_nothing_worth_tuning_is_said_to_be_unknown(make):
    (row, *_) = evaluate(make([[0.0, -1.0]] * 4, "abcd"), [Always(1)])
    flat = row.flat()
    assert flat["recovered"] is None and flat["recovered_low"] is None and flat["regressions"] == 1.0
    assert shown(row)["recovered"] == "-"
    assert json.loads(json.dumps(flat, allow_nan=False)) == flat


def test_a_seed_names_a_table(two_kinds):
    assert evaluate(two_kinds, [Always(1)], seed=1) == evaluate(two_kinds, [Always(1)], seed=1)


def test_cells(two_kinds):
    cells = shown(evaluate(two_kinds, [Always(1)])[0])
    assert cells["donor"] == "always" and cells["recovered"].startswith("50 [") and cells["over portfolio"] == "-"
