"""Nests of any shape: statements beside loops, branches, local scalars and arrays, whatever dependences come of it."""

from __future__ import annotations

from benchmarks.random_programs.expressions import access, atom, condition, constant, element, expression, scaled
from benchmarks.random_programs.program import Extent
from benchmarks.random_programs.writer import Scope, Variable, Writer

_NAMES = "ijkl"
_DEEPEST = 4


def pointwise(w: Writer) -> None:
    """One statement per element, loops in any order, operands possibly transposed."""
    w.features.add("pointwise")
    dims = w.extents(w.rng.choice((1, 2, 2, 3, 3, 4)))
    loops = tuple(Variable(name, extent.symbol) for name, extent in zip(_NAMES, dims, strict=False))
    scope = Scope(loops)
    values = [expression(w, scope) for _ in range(w.rng.choice((1, 1, 2)))]
    target = w.target(*dims)
    place = access(target, *(v.name for v in loops))
    with w.nest(*w.rng.sample(loops, len(loops)), ordered=f"{target.name}[" in "".join(values)):
        w.line(f"{place} = {values[0]}")
        for value in values[1:]:
            w.line(f"{place} = {place} + {value}")


def branches(w: Writer) -> None:
    """Elements that are computed one way or another."""
    w.features.add("branch")
    dims = w.extents(w.rng.choice((1, 2, 2)))
    loops = tuple(Variable(name, extent.symbol) for name, extent in zip(_NAMES, dims, strict=False))
    scope = Scope(loops)
    target = w.array(*dims)
    place = access(target, *(v.name for v in loops))
    with w.nest(*loops, maps=w.chance(0.3), ordered=True):
        with w.block(f"if {condition(w, scope)}:"):
            w.line(f"{place} = {expression(w, scope)}")
        if w.chance(0.6):
            with w.block("else:"):
                w.line(f"{place} = {expression(w, scope)}")


def local_rows(w: Writer) -> None:
    """A local array that every iteration of a loop fills anew."""
    w.features.add("local array in loop")
    n, m = w.symbol(), w.symbol()
    source, target = w.array(n, m), None
    target = w.array(n, m, other=(source,))
    outside = w.chance(0.5)
    row = w.made(m) if outside else None
    with w.nest(Variable("i", n), maps=not outside):
        row = row or w.made(m)
        scope = Scope((Variable("i", n), Variable("j", m)))
        with w.nest(Variable("j", m), maps=False):
            w.line(f"{row.name}[j] = {expression(w, scope, (source,))}")
        with w.nest(Variable("j", m), maps=False):
            mirrored = f"{row.name}[{m} - 1 - j]" if w.chance(0.3) else f"{row.name}[j]"
            w.line(f"{target.name}[i, j] = {mirrored} * {constant(w)}")


def anything(w: Writer) -> None:
    """A nest nobody designed."""
    w.features.add("anything")
    _loop(w, Scope())


def _block(w: Writer, scope: Scope) -> None:
    count = w.rng.choice((1, 1, 2, 2, 3))
    for _ in range(count):
        scope = _item(w, scope)


def _item(w: Writer, scope: Scope) -> Scope:
    depth = len(scope.variables)
    kind = w.rng.random()
    if kind < (0.0, 0.55, 0.4, 0.2)[min(depth, 3)] and depth < _DEEPEST:
        _loop(w, scope)
    elif kind > 0.9 and depth:
        _branch(w, scope)
    elif kind > 0.75 and w.dtype != "int64":
        name = w.rng.choice(scope.scalars) if scope.scalars and w.chance(0.4) else w.fresh("s")
        w.features.add("local scalar")
        w.line(f"{name} = {expression(w, scope)}")
        return scope.with_scalar(name)
    elif kind > 0.71 and depth:
        _part(w, scope)
    else:
        _statement(w, scope)
    return scope


def _loop(w: Writer, scope: Scope) -> None:
    variable, header = _header(w, scope)
    with w.block(header):
        w.features.add(f"depth {len(scope.variables) + 1}")
        inner = scope.with_variables(variable)
        _block(w, inner)
        if w.chance(0.3):
            w.features.add("imperfect nest")
            _statement(w, inner)


def _header(w: Writer, scope: Scope) -> tuple[Variable, str]:
    name = _NAMES[len(scope.variables)]
    outer = scope.variables[-1] if scope.variables else None
    if outer is not None and w.chance(0.3):
        w.features.add("triangular")
        return _triangle(w, name, outer)
    symbol = outer.symbol if outer is not None and w.chance(0.35) else w.symbol()
    low, high = w.rng.choice(((0, 0), (0, 0), (0, 0), (1, 1), (1, 0), (0, 1)))
    end = Extent(symbol, -high)
    if w.chance(0.12):
        w.features.add("reversed")
        return Variable(name, symbol, low, high), f"for {name} in range({Extent(symbol, -high - 1)}, {low - 1}, -1):"
    if w.chance(0.08):
        w.features.add("step")
        return Variable(name, symbol, low, high), f"for {name} in range({low}, {end}, 2):"
    return Variable(name, symbol, low, high), f"for {name} in range({f'{low}, ' if low else ''}{end}):"


def _triangle(w: Writer, name: str, outer: Variable) -> tuple[Variable, str]:
    """Bounds of a loop by the variable of the one around it."""
    below = w.rng.randrange(4)
    if below == 0:
        return Variable(name, outer.symbol, 0, outer.high + 1), f"for {name} in range({outer.name}):"
    if below == 1:
        return Variable(name, outer.symbol, 0, outer.high), f"for {name} in range({outer.name} + 1):"
    if below == 2:
        return Variable(name, outer.symbol, outer.low), f"for {name} in range({outer.name}, {outer.symbol}):"
    return Variable(name, outer.symbol, outer.low + 1), f"for {name} in range({outer.name} + 1, {outer.symbol}):"


def _branch(w: Writer, scope: Scope) -> None:
    w.features.add("branch")
    with w.block(f"if {condition(w, scope)}:"):
        _statement(w, scope)
        if w.chance(0.3):
            _statement(w, scope)
    if w.chance(0.5):
        with w.block("else:"):
            _statement(w, scope)


def _part(w: Writer, scope: Scope) -> None:
    """A row of an array with its place given by the loops."""
    variable = w.rng.choice(scope.variables)
    m = w.symbol()
    a = w.array(variable.symbol, m)
    b = w.array(variable.symbol, m, other=(a,))
    if a == b or w.dtype == "int64":
        _statement(w, scope)
        return
    w.features.add("rows in loops")
    value = f"{constant(w)} * {b.name}[{variable.name}, :]"
    w.line(w.rng.choice((f"{a.name}[{variable.name}, :] = {value}", f"{a.name}[{variable.name}, :] += 0.1 * {value}")))


def _statement(w: Writer, scope: Scope) -> None:
    dims = _target_dims(w, scope)
    target = w.array(*dims)
    place = element(w, target, scope, 0.12)
    value = expression(w, scope)
    if w.dtype == "int64":
        w.line(f"{place} = {w.rng.choice((value, f'({place} + {value}) % 17'))}")
        return
    kind = w.rng.random()
    if kind < 0.5:
        w.line(f"{place} = {w.rng.choice((value, f'0.5 * ({value})'))}")
    elif kind < 0.8:
        w.features.add("element reduction")
        added = scaled(w, value)
        w.line(w.rng.choice((f"{place} += {added}", f"{place} = {place} + {added}", f"{place} -= {added}")))
    elif kind < 0.9:
        w.line(f"{place} *= 0.9 + 0.05 * {atom(w, scope)}")
    else:
        w.line(f"{place} = {w.rng.choice(('max', 'min'))}({place}, {atom(w, scope)})")


def _target_dims(w: Writer, scope: Scope) -> tuple[str, ...]:
    """Mostly the loops around, sometimes fewer: then the statement reduces, or the last iteration wins."""
    variables = scope.variables
    if not variables:
        return (w.symbol(),)
    count = len(variables) if w.chance(0.55) else w.rng.randrange(1, len(variables) + 1)
    chosen = variables[:count] if w.chance(0.5) else tuple(w.rng.sample(variables, count))
    return tuple(v.symbol for v in chosen[:4])
