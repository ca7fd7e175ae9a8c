"""Whether a system of affine equations and inequalities may have a solution in the integers.

Equations are eliminated first (with the greatest-common-divisor test), then inequalities by Fourier and Motzkin's
method with constants rounded to integers. What that refutes has no solution; the rest may have one.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import gcd

from dace_transfer.transformations.normalization.affine import Affine

_MOST = 300  # Inequalities; beyond that the answer is not worth the time.

_Row = tuple[dict[str, int], int]


def feasible(equalities: Iterable[Affine], inequalities: Iterable[Affine]) -> bool:
    """Tell whether integers may exist for which all `equalities` are 0 and all `inequalities` at least 0.

    False only if there are provably none.
    """
    rows: list[_Row] = [(dict(row.terms), row.constant) for row in inequalities]
    equations: list[_Row] = [(dict(row.terms), row.constant) for row in equalities]
    while equations:
        coefficients, constant = equations.pop()
        if not coefficients:
            if constant:
                return False
            continue
        if constant % gcd(*coefficients.values()):
            return False
        pivot = min(coefficients, key=lambda name: abs(coefficients[name]))
        equations = [_eliminated(row, pivot, (coefficients, constant)) for row in equations]
        rows = [_eliminated(row, pivot, (coefficients, constant)) for row in rows]
    return _may_hold(rows)


def _eliminated(row: _Row, pivot: str, equation: _Row) -> _Row:
    """Add a multiple of an equation to a positive multiple of a row, so that the pivot vanishes."""
    factor = row[0].get(pivot, 0)
    if not factor:
        return row
    lead = equation[0][pivot]
    return _sum(row, abs(lead), equation, -factor if lead > 0 else factor)


def _sum(first: _Row, times: int, second: _Row, others: int) -> _Row:
    total = {name: value * times for name, value in first[0].items()}
    for name, value in second[0].items():
        total[name] = total.get(name, 0) + value * others
    return {name: value for name, value in total.items() if value}, first[1] * times + second[1] * others


def _may_hold(rows: list[_Row]) -> bool:
    while True:
        tightest = _tightened(rows)
        if tightest is None:
            return False
        rows = tightest
        bounds = _signs(rows)
        if not bounds:
            return True
        name = min(bounds, key=lambda n: len(bounds[n][0]) * len(bounds[n][1]))
        above, below = bounds[name]
        if len(above) * len(below) + len(rows) > _MOST:
            return True
        paired = [_sum(low, -high[0][name], high, low[0][name]) for low in below for high in above]
        rows = [row for row in rows if name not in row[0]] + paired


def _tightened(rows: list[_Row]) -> list[_Row] | None:
    """The strongest of every direction, rounded to integers; None if one can never hold."""
    strongest: dict[tuple[tuple[str, int], ...], int] = {}
    for coefficients, constant in rows:
        if not coefficients:
            if constant < 0:
                return None
            continue
        divisor = gcd(*coefficients.values())
        key = tuple(sorted((name, value // divisor) for name, value in coefficients.items()))
        constant //= divisor
        strongest[key] = min(constant, strongest.get(key, constant))
    return [(dict(key), constant) for key, constant in strongest.items()]


def _signs(rows: list[_Row]) -> dict[str, tuple[list[_Row], list[_Row]]]:
    """By name, the rows that bound it from above and those that bound it from below."""
    bounds: dict[str, tuple[list[_Row], list[_Row]]] = {}
    for row in rows:
        for name, value in row[0].items():
            bounds.setdefault(name, ([], []))[value > 0].append(row)
    return bounds
