"""Sums, products, extrema, means, prefix sums and recurrences."""

from __future__ import annotations

from benchmarks.random_programs.expressions import access, atom, constant, expression, read, scaled
from benchmarks.random_programs.program import Array, Extent
from benchmarks.random_programs.writer import Scope, Variable, Writer


def scalar_reduction(w: Writer) -> None:
    """A local scalar over a whole nest, used afterwards."""
    w.features.add("scalar reduction")
    loops = _loops(w, w.rng.choice((1, 1, 2, 3)))
    name = w.fresh("r")
    source = w.array(*(v.symbol for v in loops))
    scope = Scope(loops)
    value = access(source, *(v.name for v in loops))
    kind = w.rng.choice(("sum", "sum", "max", "min", "branch", "square"))
    first = access(source, *("0" for _ in loops))
    start = {"sum": "0.0", "square": constant(w)}.get(kind, first)
    w.line(f"{name} = {start}")
    with w.nest(*loops, maps=False):
        if kind == "branch":
            w.features.add("branching extremum")
            with w.block(f"if {value} > {name}:"):
                w.line(f"{name} = {value}")
        else:
            w.line(_step(w, name, value, kind, scope))
    _use(w, name)


def _step(w: Writer, name: str, value: str, kind: str, scope: Scope) -> str:
    if kind in ("max", "min"):
        function = w.rng.choice((kind, f"np.{kind}imum"))
        return f"{name} = {function}({name}, {value})"
    added = f"{value} * {value}" if kind == "square" else scaled(w, expression(w, scope))
    return w.rng.choice((f"{name} += {added}", f"{name} = {name} + {added}", f"{name} = {added} + {name}"))


def _loops(w: Writer, count: int) -> tuple[Variable, ...]:
    return tuple(Variable(name, w.symbol()) for name in "ijk"[:count])


def _use(w: Writer, name: str) -> None:
    """Store it, or scale an array with it."""
    target = w.array(w.symbol())
    extent = target.dims[0]
    if w.chance(0.4):
        w.line(f"{target.name}[{w.rng.choice(('0', str(Extent(extent.symbol, -1))))}] = {name}")
    elif w.chance(0.5):
        with w.nest(Variable("i", extent.symbol)):
            w.line(f"{target.name}[i] = {target.name}[i] / (1.0 + {name} * {name})")
    else:
        w.line(f"{target.name}[:] = {constant(w)} * {target.name} + 0.1 * {name}")


def element_reduction(w: Writer) -> None:
    """Rows or columns into elements: sums, extrema, products, in any order of loops."""
    w.features.add("element reduction")
    loops = _loops(w, w.rng.choice((2, 2, 3)))
    kept = tuple(w.rng.sample(loops, w.rng.randrange(1, len(loops))))
    rest = tuple(v for v in loops if v not in kept)
    source = w.array(*(v.symbol for v in w.rng.sample(loops, len(loops))))
    source_index = _matching(w, source, loops)
    target = w.target(*(v.symbol for v in kept), other=(source,))
    element = access(target, *(v.name for v in kept))
    kind = w.rng.choice(("+", "+", "max", "min", "*"))
    value = access(source, *source_index)
    steps = {"+": f"{element} += {value}", "*": f"{element} *= 0.5 + 0.3 * {value}"}
    step = steps.get(kind, f"{element} = {kind}({element}, {value})")
    start = {"+": "0.0", "*": "1.0"}.get(kind, constant(w))
    if w.chance(0.5):
        w.line(f"{target.name}[:] = {start}")
        with w.nest(*w.rng.sample(loops, len(loops)), maps=kind == "+"):
            w.line(step)
        return
    with w.nest(*kept):
        w.line(f"{element} = {start}")
        with w.nest(*rest, maps=False):
            w.line(step)
        if w.chance(0.4):
            w.line(f"{element} = {element} * {constant(w)}")


def _matching(w: Writer, array: Array, loops: tuple[Variable, ...]) -> list[str]:
    """The loops as an index of an array that has exactly their extents, in some order."""
    left, index = list(loops), []
    for extent in array.dims:
        variable = next(v for v in left if v.symbol == extent.symbol)
        left.remove(variable)
        index.append(variable.name)
    return index


def triangular_reduction(w: Writer) -> None:
    """`x[i] = sum of A[i, j] * y[j] for j < i` and its kin."""
    w.features.update(("element reduction", "triangular"))
    n = w.symbol()
    matrix, source = w.array(n, n), w.array(n)
    target = w.array(n, other=(source,))
    inner = w.rng.choice(("range(i)", "range(i + 1)", f"range(i, {n})", f"range(i + 1, {n})", f"range({n} - i)"))
    with w.nest(Variable("i", n), maps=False):
        w.line(f"{target.name}[i] = {w.rng.choice(('0.0', f'{source.name}[i]'))}")
        with w.block(f"for j in {inner}:"):
            left = w.rng.choice((f"{matrix.name}[i, j]", f"{matrix.name}[j, i]"))
            w.line(f"{target.name}[i] += {left} * {source.name}[j]")


def statistics(w: Writer) -> None:
    """Mean and variance, or softmax: reductions of results of reductions."""
    w.features.add("statistics")
    n, m = w.symbol(), w.symbol()
    source = w.array(n, m)
    if w.chance(0.4):
        _softmax(w, source, n, m)
        return
    target = w.array(m)
    rows = f"{n} * 1.0"
    with w.nest(Variable("j", m)):
        w.line("mean = 0.0")
        with w.nest(Variable("i", n), maps=False):
            w.line(f"mean += {source.name}[i, j]")
        w.line(f"mean = mean / ({rows})" if w.chance(0.5) else f"mean /= {rows}")
        w.line("var = 0.0")
        with w.nest(Variable("i", n), maps=False):
            w.line(f"var += ({source.name}[i, j] - mean) * ({source.name}[i, j] - mean)")
        w.line(f"{target.name}[j] = np.sqrt(var / ({rows}) + 0.1)")
        if w.chance(0.5):
            with w.nest(Variable("i", n), maps=False):
                w.line(f"{source.name}[i, j] = ({source.name}[i, j] - mean) / {target.name}[j]")


def _softmax(w: Writer, source: Array, n: str, m: str) -> None:
    target = w.target(n, m, other=(source,))
    with w.nest(Variable("i", n)):
        w.line(f"top = {source.name}[i, 0]")
        with w.nest(Variable("j", m), maps=False):
            w.line(f"top = max(top, {source.name}[i, j])")
        w.line("total = 0.0")
        with w.nest(Variable("j", m), maps=False):
            w.line(f"{target.name}[i, j] = np.exp({source.name}[i, j] - top)")
            w.line(f"total += {target.name}[i, j]")
        with w.nest(Variable("j", m), maps=False):
            w.line(f"{target.name}[i, j] = {target.name}[i, j] / total")


def prefix(w: Writer) -> None:
    """Prefix sums and linear recurrences, in either direction, along any dimension."""
    w.features.add("recurrence")
    n = w.symbol()
    others = tuple(Variable(name, w.symbol()) for name in "jk"[: w.rng.choice((0, 0, 1, 1, 2))])
    along = w.rng.randrange(len(others) + 1)
    symbols = [v.symbol for v in others]
    target = w.array(*symbols[:along], n, *symbols[along:])
    source = w.array(*symbols[:along], n, *symbols[along:], other=(target,))
    back = w.chance(0.35)

    def at(array: Array, place: str) -> str:
        names = [v.name for v in others]
        return access(array, *names[:along], place, *names[along:])

    here, before = at(target, "i"), at(target, "i + 1" if back else "i - 1")
    value = w.rng.choice(
        (f"{before} + 0.2 * {at(source, 'i')}", f"0.5 * {before} + {at(source, 'i')}", f"{before} * 0.9 + 0.1")
    )
    header = f"for i in range({n} - 2, -1, -1):" if back else f"for i in range(1, {n}):"
    if w.chance(0.5):
        with w.block(header), w.nest(*others):
            w.line(f"{here} = {value}")
    else:
        with w.nest(*others), w.block(header):
            w.line(f"{here} = {value}")
    if back:
        w.features.add("reversed")


def running(w: Writer) -> None:
    """A scalar carried from one iteration to the next, and stored on the way."""
    w.features.add("recurrence")
    n = w.symbol()
    target = w.target(n)
    name = w.fresh("r")
    w.line(f"{name} = {constant(w)}")
    with w.nest(Variable("i", n), ordered=True, maps=False):
        value = read(w, Scope((Variable("i", n),)))
        update = w.rng.choice((f"0.7 * {name} + {value}", f"{name} + 0.3 * {value}", f"max({name}, {value})"))
        w.line(f"{name} = {update}")
        w.line(f"{target.name}[i] = {name}")


def triangular_solve(w: Writer) -> None:
    """Forward or backward substitution."""
    w.features.update(("recurrence", "triangular"))
    n = w.symbol()
    matrix, x = w.array(n, n), w.array(n)
    back = w.chance(0.4)
    inner = f"range(i + 1, {n})" if back else "range(i)"
    header = f"range({n} - 1, -1, -1)" if back else f"range({n})"
    with w.block(f"for i in {header}:"):
        if w.chance(0.5):
            w.line(f"s = {x.name}[i]")
            with w.block(f"for j in {inner}:"):
                w.line(f"s -= 0.2 * {matrix.name}[i, j] * {x.name}[j]")
            w.line(f"{x.name}[i] = s / (2.0 + np.abs({matrix.name}[i, i]))")
            return
        with w.block(f"for j in {inner}:"):
            w.line(f"{x.name}[i] -= 0.2 * {matrix.name}[i, j] * {x.name}[j]")
        w.line(f"{x.name}[i] = {x.name}[i] / (2.0 + np.abs({matrix.name}[i, i]))")


def factorisation(w: Writer) -> None:
    """The loops of LU, Cholesky or Floyd-Warshall, made harmless."""
    w.features.update(("recurrence", "triangular"))
    n = w.symbol()
    a = w.array(n, n).name
    kind = w.rng.randrange(3)
    if kind == 0:
        loops = w.rng.sample((Variable("i", n), Variable("j", n)), 2)
        with w.block(f"for k in range({n}):"), w.nest(*loops, maps=False):
            w.line(f"{a}[i, j] = min({a}[i, j], {a}[i, k] + {a}[k, j])")
    elif kind == 1:
        with w.block(f"for k in range({n}):"):
            with w.block(f"for i in range(k + 1, {n}):"):
                w.line(f"{a}[i, k] = 0.5 * {a}[i, k] / (2.0 + np.abs({a}[k, k]))")
            with w.block(f"for i in range(k + 1, {n}):"), w.block(f"for j in range(k + 1, {n}):"):
                w.line(f"{a}[i, j] -= 0.3 * {a}[i, k] * {a}[k, j]")
    else:
        with w.block(f"for i in range({n}):"):
            with w.block("for j in range(i):"):
                with w.block("for k in range(j):"):
                    w.line(f"{a}[i, j] -= 0.2 * {a}[i, k] * {a}[j, k]")
                w.line(f"{a}[i, j] /= 1.5 + np.abs({a}[j, j])")
            with w.block("for k in range(i):"):
                w.line(f"{a}[i, i] -= 0.2 * {a}[i, k] * {a}[i, k]")
            w.line(f"{a}[i, i] = np.sqrt(np.abs({a}[i, i]) + 0.5)")


def several(w: Writer) -> None:
    """More than one result of the same loops: dot products side by side."""
    w.features.add("scalar reduction")
    n = w.symbol()
    scope = Scope((Variable("i", n),))
    names = [w.fresh("r") for _ in range(w.rng.choice((2, 3)))]
    for name in names:
        w.line(f"{name} = 0.0")
    with w.nest(*scope.variables, maps=False):
        for name in names:
            w.line(f"{name} += 0.2 * {atom(w, scope)} * {atom(w, scope)}")
    target = w.array(n)
    with w.nest(*scope.variables, maps=False):
        w.line(f"{target.name}[i] = {' + '.join(f'0.5 * {name} * {atom(w, scope)}' for name in names)}")
