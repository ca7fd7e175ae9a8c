"""Writes values: reads of arrays inside of their bounds, and moderate expressions of them."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.random_programs.program import Array, Extent
from benchmarks.random_programs.writer import Scope, Variable, Writer

_CONSTANTS = ("0.5", "0.25", "0.125", "1.5", "0.3", "0.75", "2.0", "0.1")
# No result of a computation is likely to lie within rounding of these.
_THRESHOLDS = ("0.31415", "0.0713", "-0.2236", "0.5773", "0.1414")


def constant(w: Writer) -> str:
    """A factor of moderate size."""
    return w.rng.choice(_CONSTANTS)


def element(w: Writer, array: Array, scope: Scope, shift: float = 0.3) -> str:
    """Any element of an array inside of its bounds, each loop's variable in one dimension as long as they last."""
    left, index = list(scope.variables), []
    for extent in array.dims:
        fresh = [v for v in left if 0 in v.offsets(extent)]
        fitting = [v for v in scope.variables if 0 in v.offsets(extent)] if w.chance(0.08) or not fresh else fresh
        index.append(_place(w, extent, fitting, shift))
        left = [v for v in left if v.name not in index[-1]]
    return access(array, *index)


def _place(w: Writer, extent: Extent, fitting: Sequence[Variable], shift: float) -> str:
    """An index into a dimension: a loop's variable, shifted this often, or a fixed place."""
    if not fitting or w.chance(0.04):
        w.features.add("fixed index")
        return "0" if w.chance(0.6) else str(Extent(extent.symbol, extent.extra - 1))
    variable = w.rng.choice(fitting)
    if variable.low == 0 and variable.high == 0 and extent.extra == 0 and w.chance(0.04):
        w.features.add("mirrored index")
        return f"{extent.symbol} - 1 - {variable.name}"
    offsets = [o for o in variable.offsets(extent) if o and abs(o) <= 2]
    if not offsets or not w.chance(shift):
        return variable.name
    return shifted(variable.name, w.rng.choice(offsets))


def shifted(name: str, offset: int) -> str:
    """`i`, `i + 1`, `i - 1`."""
    if not offset:
        return name
    return f"{name} {'+' if offset > 0 else '-'} {abs(offset)}"


def access(array: Array, *index: str) -> str:
    """One element, or part of an array."""
    return f"{array.name}[{', '.join(index)}]" if array.dims else array.name


def read(w: Writer, scope: Scope, arrays: Sequence[Array] = ()) -> str:
    """Read one element of any array, or of one of these."""
    array = w.rng.choice(arrays) if arrays else _any(w, scope)
    return element(w, array, scope)


def _any(w: Writer, scope: Scope) -> Array:
    """Preferably an array that the loops around index completely."""
    known = [a for a in (*w.arguments, *w.local) if a.dtype == w.dtype and a.content == "values" and a.dims]
    symbols = {variable.symbol for variable in scope.variables}
    fitting = [array for array in known if {extent.symbol for extent in array.dims} <= symbols]
    if fitting and w.chance(0.8):
        return w.rng.choice(fitting)
    if len(w.arguments) < 6 and scope.variables and w.chance(0.6):
        count = min(len(scope.variables), w.rng.choice((1, 2, 2, 3)))
        return w.argument(*(v.symbol for v in w.rng.sample(scope.variables, count)))
    return w.rng.choice(known) if known else w.argument(w.symbol())


def atom(w: Writer, scope: Scope, arrays: Sequence[Array] = ()) -> str:
    """The smallest values: mostly reads."""
    if scope.scalars and w.chance(0.35):
        return w.rng.choice(scope.scalars)
    if w.chance(0.04):
        return w.scalar()
    if scope.variables and w.chance(0.03):
        w.features.add("loop variable as value")
        return f"(0.1 * {w.rng.choice(scope.variables).name})"
    return read(w, scope, arrays)


def expression(w: Writer, scope: Scope, arrays: Sequence[Array] = ()) -> str:
    """A value of one to four atoms that stays moderate where they are."""
    if w.dtype == "int64":
        return _integer(w, scope, arrays)
    a, b, c = (atom(w, scope, arrays) for _ in range(3))
    factor = constant(w)
    plain = (
        a,
        f"{factor} * {a}",
        f"{a} + {b}",
        f"{a} - {factor} * {b}",
        f"0.5 * ({a} + {b})",
        f"0.25 * {a} + 0.5 * {b} + 0.125 * {c}",
        f"{a} * {b}",
        f"{a} * {b} + {factor} * {c}",
        f"({a} - {b}) * {c}",
        f"({a} + {factor}) * {b}",
        f"{a} / 2.0 - {b}",
        f"-{a}",
        f"{a} * {a}",
    )
    if w.chance(0.75):
        return w.rng.choice(plain)
    w.features.add("function")
    return w.rng.choice(_functions(w, a, b, c))


def _functions(w: Writer, a: str, b: str, c: str) -> tuple[str, ...]:
    threshold = w.rng.choice(_THRESHOLDS)
    return (
        f"np.exp(-np.abs({a}))",
        f"np.sqrt({a} * {a} + {b} * {b} + 0.1)",
        f"np.sqrt(np.abs({a}) + 0.2)",
        f"np.abs({a} - {b})",
        f"abs({a}) + {c}",
        f"max({a}, {b})",
        f"min({a}, {b}) + {c}",
        f"np.maximum({a}, 0.0)",
        f"np.minimum({a}, {b})",
        f"np.tanh({a})",
        f"np.log(1.5 + np.abs({a}))",
        f"{a} / (1.5 + np.abs({b}))",
        f"{a} ** 2 + {b}",
        f"np.sin({a}) * {b}",
        f"np.where({b} > {threshold}, {a}, {c})",
        f"np.where({c} > {threshold}, {a} * {b}, {c})",
    )


def _integer(w: Writer, scope: Scope, arrays: Sequence[Array]) -> str:
    """Never negative, since remainders of negative numbers differ between languages."""
    a, b = (read(w, scope, arrays) for _ in range(2))
    return w.rng.choice(
        (
            a,
            f"({a} + {b}) % 13",
            f"({a} * {b}) % 11",
            f"({a} + 3) // 2",
            f"max({a}, {b})",
            f"min({a}, {b}) + 1",
            f"({a} + 2 * {b}) % 7",
            f"np.where({b} > 4, {a}, {b})",
        )
    )


def condition(w: Writer, scope: Scope) -> str:
    """Something to branch on: values, or where in the loops this is."""
    variables = scope.variables
    if variables and w.chance(0.45):
        w.features.add("branch on indices")
        first = w.rng.choice(variables)
        same = [v for v in variables if v.symbol == first.symbol and v != first]
        if same and w.chance(0.6):
            return f"{first.name} {w.rng.choice(('<', '<=', '==', '!=', '>'))} {w.rng.choice(same).name}"
        last = f"{first.symbol} - 1"
        return f"{first.name} {w.rng.choice(('== 0', '> 0', '% 2 == 0', f'< {last}', f'== {last}'))}"
    w.features.add("branch on values")
    if w.dtype == "int64":
        return f"{read(w, scope)} > {w.rng.randrange(2, 7)}"
    text = f"{atom(w, scope)} {w.rng.choice(('<', '>'))} {w.rng.choice(_THRESHOLDS)}"
    if w.chance(0.85):
        return text
    return f"{text} {w.rng.choice(('and', 'or'))} {atom(w, scope)} > {w.rng.choice(_THRESHOLDS)}"


def scaled(w: Writer, value: str) -> str:
    """A value made small enough to be added up."""
    return f"({value}) % 5" if w.dtype == "int64" else f"{w.rng.choice(('0.1', '0.2', '0.05'))} * ({value})"
