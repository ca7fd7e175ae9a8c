"""Black-Scholes prices of calls and puts."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator,no-untyped-def"
from __future__ import annotations

import dace
import numpy as np
from scipy import special

from benchmarks.programs.base import Arguments, Program, Sizes

OPTIONS = dace.symbol("OPTIONS")


@dace.program
def below(x: dace.float64[OPTIONS]):
    t = 1.0 / (1.0 + 0.2316419 * np.abs(x))
    tail = 0.319381530 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429)))
    upper = 0.3989422804014327 * np.exp(-0.5 * x * x) * t * tail
    return np.where(x > 0.0, 1.0 - upper, upper)


@dace.program
def black_scholes(
    spot: dace.float64[OPTIONS],
    strike: dace.float64[OPTIONS],
    years: dace.float64[OPTIONS],
    volatility: dace.float64[OPTIONS],
    rate: dace.float64,
    call: dace.float64[OPTIONS],
    put: dace.float64[OPTIONS],
) -> None:
    spread = volatility * np.sqrt(years)
    d1 = (np.log(spot / strike) + (rate + 0.5 * volatility * volatility) * years) / spread
    d2 = d1 - spread
    discounted = strike * np.exp(-rate * years)
    call[:] = spot * below(d1) - discounted * below(d2)
    put[:] = call - spot + discounted


def reference(
    spot: np.ndarray,
    strike: np.ndarray,
    years: np.ndarray,
    volatility: np.ndarray,
    rate: float,
    call: np.ndarray,
    put: np.ndarray,
) -> None:
    forward = spot * np.exp(rate * years)
    deviation = volatility * np.sqrt(years)
    moneyness = np.log(forward / strike) / deviation
    discount = np.exp(-rate * years)
    upper, lower = moneyness + 0.5 * deviation, moneyness - 0.5 * deviation
    call[:] = discount * (forward * special.ndtr(upper) - strike * special.ndtr(lower))
    put[:] = discount * (strike * special.ndtr(-lower) - forward * special.ndtr(-upper))


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    options = sizes["OPTIONS"]
    return {
        "spot": rng.uniform(50.0, 150.0, options),
        "strike": rng.uniform(50.0, 150.0, options),
        "years": rng.uniform(0.1, 3.0, options),
        "volatility": rng.uniform(0.1, 0.6, options),
        "rate": 0.03,
        "call": np.zeros(options),
        "put": np.zeros(options),
    }


PROGRAM = Program(
    name="black_scholes",
    family="elementwise",
    program=black_scholes,
    sizes={"S": {"OPTIONS": 15000}, "M": {"OPTIONS": 2000000}},
    make_inputs=make_inputs,
    reference=reference,
    outputs=("call", "put"),
    description="option prices with a polynomial normal distribution, in a nested program",
    rtol=1e-6,
)
