"""Where neighbours cannot be trusted, auto_optimize stays."""

import math
from dataclasses import replace

import numpy as np
import pytest

from dace_transfer.learning.abstention import Abstaining, Checked, distance, doubt
from dace_transfer.learning.donors import Ranking
from dace_transfer.learning.neighbours import Neighbours
from dace_transfer.search.rules import WORTHWHILE, by_mean
from dace_transfer.search.trust import CLEARLY


def encoding(places):
    vectors = np.array(places, np.float32)[:, None]
    return lambda train: vectors


def abstaining(places, risk, tolerated=0.0, count=1):
    return Abstaining("n", Neighbours("n", encoding(places), by_mean, count=count), risk, tolerated)


def families(count):
    return [f"family{index}" for index in range(count)]


def test_recipes_from_too_far_are_not_used(make):
    """Pairs of neighbours: ten near one another that agree, ten farther from one another that do not."""
    profiles = make([[0.0, 2.0]] * 20 + [[0.0, 2.0], [0.0, -2.0]] * 10 + [[0.0, 0.0]], families(41))
    places = [10.0 * pair + side * (0.1 if pair < 10 else 1.0) for pair in range(20) for side in (0, 1)]
    train, test = np.arange(40), np.array([40])
    for place, recipes in ((0.05, (1, 0)), (195.0, ())):
        (ranking,) = abstaining([*places, place], distance).rank(profiles, train, test)
        assert ranking.recipes == recipes
    for tolerated, limit in ((0.0, 1.0), (0.24, 1.0), (0.25, math.inf)):
        donor = abstaining(places, distance, tolerated)
        assert donor.limit(donor.donor.encoding(train), profiles, train) == pytest.approx(limit)


def test_recipes_that_neighbours_disagree_on_are_not_used(make):
    """Triples of neighbours, all as far from one another: seven that agree and seven that do not."""
    profiles = make([[0.0, 2.0]] * 21 + [[0.0, 3.0], [0.0, -1.0], [0.0, -1.0]] * 7 + [[0.0, 0.0]], families(43))
    places = [10.0 * triple + member for triple in range(14) for member in range(3)]
    for place, recipes in ((0.5, (1, 0)), (70.5, ())):
        (ranking,) = abstaining([*places, place], doubt, count=2).rank(profiles, np.arange(42), np.array([42]))
        assert (ranking.recipes, ranking.distance) == (recipes, 0.5)


def test_of_recipes_that_neighbours_disagree_on_runs_have_to_show_more(make):
    """Recipes that make two of every triple slower look a little faster in half of verification's runs."""
    profiles = make([[0.0, 2.0]] * 21 + [[0.0, 3.0], [0.0, -1.0], [0.0, -1.0]] * 7 + [[0.0, 0.0]], families(43))
    lucky = np.where(profiles.gains == -1.0, 1.5 * WORTHWHILE, profiles.gains)
    profiles = replace(profiles, halves=np.stack([lucky, profiles.gains]))
    places = [10.0 * triple + member for triple in range(14) for member in range(3)]
    train, test = np.arange(42), np.array([42])
    for tolerated, limit in ((0.0, 0.0), (0.17, math.inf)):
        for place, asked in ((0.5, WORTHWHILE), (70.5, WORTHWHILE if limit else CLEARLY)):
            donor = Checked("n", Neighbours("n", encoding([*places, place]), by_mean, count=2), tolerated)
            assert donor.limit(donor.donor.encoding(train), profiles, train) == limit
            (ranking,) = donor.rank(profiles, train, test)
            assert ranking.recipes == (1, 0) and ranking.asked[0] == asked


def test_the_risk_is_that_of_the_first_recipe_that_applies(make):
    profiles = make([[None, 0.0]], "a")
    assert doubt(profiles, 0, Ranking((0, 1), 2.0, (-1.0, 0.5))) == 0.5
    assert doubt(profiles, 0, Ranking((0,), 2.0, (-1.0,))) == math.inf
    assert distance(profiles, 0, Ranking((0,), 2.0)) == 2.0
    assert distance(profiles, 0, Ranking(())) == math.inf
