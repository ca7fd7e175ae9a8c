"""How predictions of run times are judged."""

from __future__ import annotations

import numpy as np
import pytest

from dace_transfer.learning.forecasts import forecast_estimates


def test_order_and_typical_error() -> None:
    measured = np.array([1.0, 2.0, 4.0, np.nan])
    predicted = np.log2([1.5, 2.0, 16.0, 1.0])
    found = forecast_estimates(predicted, measured, [np.array([0, 1]), np.array([0, 1, 2])])
    assert found["runtime_rank"].value == pytest.approx(1.0)
    assert found["runtime_error"].value == pytest.approx(0.5)
    backwards = forecast_estimates(predicted[::-1], measured[::-1] * -1, [np.arange(4)])
    assert backwards["runtime_rank"].value == pytest.approx(-1.0)


def test_nothing_to_compare() -> None:
    nothing = np.full(3, np.nan)
    found = forecast_estimates(nothing, np.ones(3), [np.arange(3)])
    assert np.isnan(found["runtime_rank"].value) and np.isnan(found["runtime_error"].value)
