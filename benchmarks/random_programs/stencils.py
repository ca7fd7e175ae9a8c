"""Stencils: out of place with two buffers, in place, with halos, as loops and as slices; vertical sweeps; grids."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack

from benchmarks.random_programs.expressions import access, constant, expression, shifted
from benchmarks.random_programs.program import Array, Extent
from benchmarks.random_programs.writer import Scope, Variable, Writer

_STEPS = (2, 2, 3)
Offset = tuple[int, ...]


def jacobi(w: Writer) -> None:
    """Two arrays written in turn, in a loop over time or once."""
    w.features.add("stencil")
    loops = _inside(w)
    a = w.array(*(v.symbol for v in loops))
    b = w.array(*a.dims, other=(a,))
    with ExitStack() as stack:
        if w.chance(0.6):
            w.features.add("time loop")
            stack.enter_context(w.block(f"for t in range({_steps(w)}):"))
        _sweep(w, b, a, loops)
        if w.chance(0.6):
            _sweep(w, a, b, loops)
        elif w.chance(0.5):
            w.line(f"{a.name}[:] = {b.name}")


def _steps(w: Writer) -> str:
    return str(w.rng.choice(_STEPS)) if w.chance(0.8) else w.symbol()


def _inside(w: Writer) -> tuple[Variable, ...]:
    count = w.rng.choice((1, 1, 2, 2, 2, 3))
    return tuple(Variable(name, w.symbol(), 1, 1) for name in "ijk"[:count])


def _sweep(w: Writer, target: Array, source: Array, loops: tuple[Variable, ...]) -> None:
    offsets = _offsets(w, len(loops))
    factor = f"{1.0 / (len(offsets) + 1):.3f}"
    if w.chance(0.35):
        w.features.add("stencil slices")
        parts = [_slices(source, offset) for offset in offsets]
        w.line(f"{_slices(target, (0,) * len(loops))} = {factor} * ({' + '.join(parts)})")
        return
    with w.nest(*loops):
        index = [v.name for v in loops]
        parts = [access(source, *map(shifted, index, offset)) for offset in offsets]
        w.line(f"{access(target, *index)} = {factor} * ({' + '.join(parts)})")


def _offsets(w: Writer, dims: int) -> list[Offset]:
    centre = (0,) * dims
    axes = [tuple(step if axis == d else 0 for d in range(dims)) for axis in range(dims) for step in (-1, 1)]
    found = [centre, *w.rng.sample(axes, w.rng.randrange(1, len(axes) + 1))]
    if dims > 1 and w.chance(0.3):
        found.append(tuple(w.rng.choice((-1, 1)) for _ in range(dims)))
    return w.rng.sample(found, len(found))


def _slices(array: Array, offset: Sequence[int]) -> str:
    parts = []
    for step in offset:
        start, end = 1 + step, -1 + step
        parts.append(f"{start or ''}:{end or ''}")
    return access(array, *parts)


def in_place(w: Writer) -> None:
    """Gauss-Seidel: reads what this sweep wrote, and what it has yet to write."""
    w.features.add("in-place stencil")
    loops = _inside(w)
    array = w.array(*(v.symbol for v in loops))
    offsets = _offsets(w, len(loops))
    index = [v.name for v in loops]
    parts = [access(array, *map(shifted, index, offset)) for offset in offsets]
    with ExitStack() as stack:
        if w.chance(0.4):
            w.features.add("time loop")
            stack.enter_context(w.block(f"for t in range({w.rng.choice(_STEPS)}):"))
        for variable in w.rng.sample(loops, len(loops)):
            high, low = Extent(variable.symbol, -1), 1
            back = w.chance(0.15)
            w.features.update(("reversed",) if back else ())
            bounds = f"{Extent(variable.symbol, -2)}, 0, -1" if back else f"{low}, {high}"
            stack.enter_context(w.block(f"for {variable.name} in range({bounds}):"))
        w.line(f"{access(array, *index)} = {1.0 / (len(parts) + 0.5):.3f} * ({' + '.join(parts)})")


def padded(w: Writer) -> None:
    """A source with a halo, read at every offset; also as a small window of weights."""
    w.features.add("stencil")
    n, m = w.symbol(), w.symbol()
    source = w.array(Extent(n, 2), Extent(m, 2))
    target = w.target(n, m)
    i, j = Variable("i", n), Variable("j", m)
    if w.chance(0.5):
        w.features.add("convolution")
        weights = w.array(Extent("", 3), Extent("", 3))
        with w.nest(i, j):
            w.line(f"{target.name}[i, j] = 0.0")
            with w.block("for p in range(3):"), w.block("for q in range(3):"):
                w.line(f"{target.name}[i, j] += {source.name}[i + p, j + q] * {weights.name}[p, q]")
        return
    with w.nest(*w.rng.sample((i, j), 2)):
        places = w.rng.sample([(p, q) for p in range(3) for q in range(3)], 4)
        parts = [f"{source.name}[{shifted('i', p)}, {shifted('j', q)}]" for p, q in places]
        w.line(f"{target.name}[i, j] = {constant(w)} * ({parts[0]} - {parts[1]}) + {parts[2]} * {parts[3]}")


def staggered(w: Writer) -> None:
    """Fluxes on the edges of cells, into a local array that is one shorter or longer, then their differences."""
    w.features.update(("stencil", "local array"))
    n, m = w.symbol(), w.symbol()
    source = w.array(n, m)
    target = w.array(n, m, other=(source,))
    flux = w.made(Extent(n, -1), m)
    with w.nest(Variable("i", n, 0, 1), Variable("j", m)):
        w.line(f"{flux.name}[i, j] = {constant(w)} * ({source.name}[i + 1, j] - {source.name}[i, j])")
    if w.chance(0.4):
        w.features.add("stencil slices")
        w.line(f"{target.name}[1:-1, :] = {source.name}[1:-1, :] + {flux.name}[1:, :] - {flux.name}[:-1, :]")
        return
    with w.nest(Variable("i", n, 1, 1), Variable("j", m)):
        w.line(f"{target.name}[i, j] = {source.name}[i, j] + {flux.name}[i, j] - {flux.name}[i - 1, j]")


def vertical(w: Writer) -> None:
    """A tridiagonal solve per column, columns inside or outside."""
    w.features.add("vertical sweep")
    n, k = w.symbol(), w.symbol()
    a, b = w.array(n, k), w.array(n, k)
    x = w.array(n, k, other=(a, b))
    above, divisor = f"{a.name}[i, k] * {x.name}[i, k - 1]", f"2.0 + np.abs({b.name}[i, k])"
    lines = (
        f"{x.name}[i, k] = ({x.name}[i, k] - 0.3 * {above}) / ({divisor})",
        f"{x.name}[i, k] = {x.name}[i, k] - 0.4 * {b.name}[i, k] * {x.name}[i, k + 1]",
    )
    headers = (f"for k in range(1, {k}):", f"for k in range({k} - 2, -1, -1):")
    column = Variable("i", n)
    outside = w.chance(0.4)
    if outside and w.chance(0.5):
        with w.nest(column):
            for header, line in zip(headers, lines, strict=True):
                with w.block(header):
                    w.line(line)
        return
    for header, line in zip(headers, lines, strict=True):
        if outside:
            with w.nest(column), w.block(header):
                w.line(line)
        else:
            with w.block(header), w.nest(column):
                w.line(line)


def grids(w: Writer) -> None:
    """Every second element: restriction to a coarser grid, red-black order, odd and even."""
    w.features.add("step")
    n = w.symbol()
    x = w.array(n)
    kind = w.rng.randrange(3)
    if kind == 0:
        fine = w.argument(Extent(n, 0), "M" if "M" in w.symbols else n)
        with w.block(f"for i in range({w.rng.choice((0, 1))}, {n}, 2):"):
            w.line(f"{x.name}[i] = {constant(w)} * {fine.name}[i, 0]")
    elif kind == 1:
        for start in w.rng.sample((1, 2), 2):
            with w.block(f"for i in range({start}, {n} - 1, 2):"):
                w.line(f"{x.name}[i] = 0.3 * ({x.name}[i - 1] + {x.name}[i + 1]) + 0.1")
    else:
        y = w.array(n, n)
        scope = Scope((Variable("i", n), Variable("j", n)))
        start, step = w.rng.choice((0, 1)), w.rng.choice((2, 3))
        with w.block(f"for i in range(0, {n}, 2):"), w.block(f"for j in range({start}, {n}, {step}):"):
            w.line(f"{y.name}[i, j] = {expression(w, scope)}")
