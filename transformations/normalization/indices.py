"""Count loops so that elements are named by the loop variables alone: `A[i + 1] for i in range(0, N - 2)` becomes
`A[i] for i in range(1, N - 1)`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from dace_transfer.transformations.normalization.affine import Affine, variable
from dace_transfer.transformations.normalization.elements import elements, plain_words
from dace_transfer.transformations.normalization.feasible import feasible
from dace_transfer.transformations.normalization.terms import Range, bounds


def claims(entries: Sequence[Affine], names: Iterable[str], reversible: Collection[str]) -> dict[str, Affine]:
    """Return a subscript that each loop variable may become, in an order in which they can be settled.

    `corr[i, i + j + 1]` gives `{"i": i, "j": i + j + 1}`: the second has no other variable than `j` that is not
    settled before.

    Args:
        entries: Subscripts, the most important first.
        names: The loop variables.
        reversible: Those of `names` whose loops may run backwards.
    """
    left, found = list(names), dict[str, Affine]()
    while True:
        claimed = next(((v, e) for e in entries if (v := _claimant(e, left, reversible))), None)
        if claimed is None:
            return found
        found[claimed[0]] = claimed[1]
        left.remove(claimed[0])


def _claimant(entry: Affine, left: Collection[str], reversible: Collection[str]) -> str | None:
    """The one variable of a subscript that is not settled yet, if the subscript can replace it."""
    mentioned = [name for name in left if name in entry.words]
    return mentioned[0] if len(mentioned) == 1 and _can_replace(entry, mentioned[0], reversible) else None


def _can_replace(entry: Affine, name: str, reversible: Collection[str]) -> bool:
    coefficient = entry.coefficient(name)
    return entry.is_affine_in([name]) and (coefficient == 1 or (coefficient == -1 and name in reversible))


def recount(
    loops: Sequence[Range], entries: Sequence[Affine], variables: Collection[str], reversible: Collection[str]
) -> tuple[tuple[Range, ...], dict[str, Affine]]:
    """Return loops whose variables are what were subscripts before, and what is to be substituted in their body.

    Before: `for i in range(0, N - 2)` with the subscript `i + 1`; after: `for i in range(1, N - 1)` and `{"i": i - 1}`.

    Of the subscripts that may replace a variable this takes the one for which the bounds mention the fewest other
    variables, elements left out. If bounds from 0 mention fewer (`y[8*b + i] for i in range(0, 8)`), or nothing else
    can be done, a loop begins at 0: unless it begins at an element, since differences of elements may overflow.

    Args:
        loops: Loops, the outermost first.
        entries: Subscripts, the most important first.
        variables: Every loop variable there is, those of loops around as well.
        reversible: The variables of loops that may run backwards.
    """
    result: list[Range] = []
    values: dict[str, Affine] = {}
    inner = {loop.variable for loop in loops}
    for loop in loops:
        inner.discard(loop.variable)
        fit = [e for e in entries if e.words.isdisjoint(inner) and _can_replace(e, loop.variable, reversible)]
        backward = loop.variable in reversible and _falls(loop.variable, entries)
        if not elements(loop.begin):
            fit.append(_from_zero(loop, backward))
        choices = [_recounted(loop, entry, values) for entry in fit or [variable(loop.variable)]]
        recounted, value = min(choices, key=lambda choice: _mentions(choice[0], variables))
        result.append(recounted)
        if value != variable(loop.variable):
            values[loop.variable] = value
    return tuple(result), values


def _mentions(loop: Range, variables: Collection[str]) -> int:
    return sum(len(plain_words(bound).intersection(variables)) for bound in (loop.begin, loop.end))


def _from_zero(loop: Range, backward: bool) -> Affine:
    value = variable(loop.variable)
    return loop.end - value - 1 if backward else value - loop.begin


def _falls(name: str, entries: Iterable[Affine]) -> bool:
    """Whether the first subscript that mentions a variable becomes less as it grows."""
    return next((entry.coefficient(name) for entry in entries if entry.coefficient(name)), 0) < 0


def _recounted(loop: Range, entry: Affine, values: Mapping[str, Affine]) -> tuple[Range, Affine]:
    """The loop with the subscript as its variable, and the value of its old variable."""
    new = variable(loop.variable)
    sign = entry.coefficient(loop.variable)
    rest = (entry - new * sign).substitute(values)
    begin, end = loop.begin.substitute(values), loop.end.substitute(values)
    if sign < 0:
        begin, end = -end + 1, -begin + 1
    return Range(loop.variable, begin + rest, end + rest), (new - rest) * sign


def tighten(loops: Sequence[Range], known: Collection[Affine]) -> tuple[Range, ...]:
    """Leave out the iterations of loops in which loops further inside are empty.

    Before: `for i in range(0, N): for j in range(i + 1, N)`; after: `for i in range(0, N - 1): ...`.

    Args:
        loops: Loops, each with nothing in it but the next one.
        known: Expressions that are 0 or more.
    """
    result = list(loops)
    for position in reversed(range(len(loops))):
        around = [*known, *bounds(loops[:position])]
        inside = {inner.variable for inner in loops[position + 1 :]}
        for inner in result[position + 1 :]:
            result[position] = _tightened(result[position], inner.end - inner.begin - 1, inside, around)
    return tuple(result)


def _tightened(loop: Range, needed: Affine, inside: Collection[str], known: list[Affine]) -> Range:
    """The loop over those values only for which `needed` is 0 or more, if these are provably fewer."""
    name, sign = loop.variable, needed.coefficient(loop.variable)
    if abs(sign) != 1 or not needed.is_affine_in([name]) or not needed.words.isdisjoint(inside):
        return loop
    bound = variable(name) - needed * sign
    if sign < 0:
        end = bound + 1
        return loop if feasible([], [*known, end - loop.end - 1]) else Range(name, loop.begin, end)
    return loop if feasible([], [*known, loop.begin - bound - 1]) else Range(name, bound, loop.end)
