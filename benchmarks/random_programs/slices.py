"""Statements on whole arrays and parts of them."""

from __future__ import annotations

from benchmarks.random_programs.expressions import constant
from benchmarks.random_programs.writer import Variable, Writer


def whole(w: Writer) -> None:
    """An expression of arrays of one shape, assigned to all or part of another."""
    w.features.add("whole arrays")
    dims = w.extents(w.rng.choice((1, 2, 2, 3)))
    target = w.array(*dims)
    value = whole_expression(w, *(w.array(*dims).name for _ in range(3)))
    w.line(f"{target.name}[:] {w.rng.choice((f'= {value}', f'+= 0.2 * ({value})', f'= 0.5 * ({value})'))}")


def whole_expression(w: Writer, a: str, b: str, c: str) -> str:
    """The same operation on every element."""
    return w.rng.choice(
        (
            f"{a} + {b}",
            f"{a} * {b} - {constant(w)} * {c}",
            f"({a} - {b}) * {constant(w)}",
            f"np.exp(-np.abs({a}))",
            f"np.sqrt(np.abs({a}) + 0.2) * {b}",
            f"np.maximum({a}, {b})",
            f"np.minimum({a}, 0.5)",
            f"np.maximum({a}, 0.0) + {c}",
            f"np.abs({a} - {b})",
            f"{a} / (1.5 + np.abs({b}))",
            f"np.tanh({a}) + {constant(w)}",
            f"{a} ** 2",
            f"np.where({a} > 0.31415, {b}, {c})",
        )
    )


def made_by_expression(w: Writer) -> None:
    """A local array made by an expression, and used."""
    w.features.update(("whole arrays", "local array"))
    dims = w.extents(w.rng.choice((1, 2)))
    name = w.fresh("u")
    a, b = (w.array(*dims).name for _ in range(2))
    w.line(f"{name} = {whole_expression(w, a, b, a)}")
    target = w.array(*dims)
    w.line(f"{target.name}[:] = {constant(w)} * {name} + {b}")


def parts(w: Writer) -> None:
    """Rows, columns, halves: `A[1:, :] = B[:-1, :]`."""
    w.features.add("parts of arrays")
    n, m = w.symbol(), w.symbol()
    a = w.array(n, m)
    b = w.array(n, m, other=(a,))
    if a is b:
        return
    x = w.array(m).name
    form = w.rng.choice(
        (
            f"{a.name}[1:, :] = {b.name}[:-1, :] + {constant(w)}",
            f"{a.name}[:, 1:] = {constant(w)} * {b.name}[:, :-1]",
            f"{a.name}[1:-1, 1:-1] += 0.25 * {b.name}[2:, 1:-1]",
            f"{a.name}[0, :] = {x}",
            f"{a.name}[-1, :] = {x} + {b.name}[0, :]",
            f"{a.name}[:, 0] = {b.name}[:, 0] * 0.5",
            f"{a.name}[:, :] = {b.name}[:, :] - {x}",
            f"{a.name}[1:, 1:] = {b.name}[1:, :-1] * {b.name}[:-1, 1:]",
            f"{x}[1:-1] = {a.name}[0, :-2] + {a.name}[1, 2:]",
            f"{x}[:] = {a.name}[1, :] - {b.name}[0, :]",
        )
    )
    w.line(form)


def broadcast(w: Writer) -> None:
    """Matrix and vector, matrix and scalar."""
    w.features.add("broadcast")
    n, m = w.symbol(), w.symbol()
    a, x = w.array(n, m), w.array(m)
    target = w.array(n, m)
    operation = w.rng.choice(("+", "-", "*"))
    w.line(f"{target.name}[:] = {a.name} {operation} {w.rng.choice((x.name, w.scalar(), constant(w)))}")


def axis_reduction(w: Writer) -> None:
    """`np.sum(A, axis=0)` and its kin."""
    w.features.add("axis reduction")
    n, m = w.symbol(), w.symbol()
    matrix = w.array(n, m)
    axis = w.rng.choice((0, 1))
    target = w.array(m if axis == 0 else n)
    function = w.rng.choice(("sum", "sum", "max", "min", "mean"))
    inner = matrix.name if w.chance(0.6) else f"{matrix.name} * {matrix.name}"
    w.line(f"{target.name}[:] = np.{function}({inner}, axis={axis})")


def total(w: Writer) -> None:
    """One number of a whole array."""
    w.features.add("axis reduction")
    dims = w.extents(w.rng.choice((1, 2)))
    a = w.array(*dims)
    target = w.array(w.symbol())
    function = w.rng.choice(("sum", "max", "min"))
    w.line(f"{target.name}[0] = np.{function}({a.name})")


def rows(w: Writer) -> None:
    """A loop around statements on rows, some of triangles."""
    w.features.add("rows in loops")
    n, m = w.symbol(), w.symbol()
    a, x = w.array(n, m), w.array(m)
    b = w.array(n, m, other=(a,))
    kind = w.rng.randrange(5)
    loop = Variable("i", n)
    if kind == 0:
        with w.nest(loop):
            w.line(f"{a.name}[i, :] = {constant(w)} * {b.name}[i, :] + {x.name}")
    elif kind == 1:
        with w.nest(loop, maps=False):
            w.line(f"{x.name}[:] = 0.5 * {x.name} + {a.name}[i, :]")
    elif kind == 2:
        with w.block(f"for i in range(1, {n}):"):
            w.line(f"{a.name}[i, :] = {a.name}[i - 1, :] * 0.5 + {b.name}[i, :]")
    elif kind == 3:
        w.features.add("triangular")
        square = w.array(n, n)
        y = w.array(n)
        with w.nest(loop, maps=False):
            w.line(f"{square.name}[i, :i] = {w.rng.choice((y.name + '[:i]', square.name + '[:i, i]'))} * 0.5")
    else:
        y = w.array(n)
        with w.nest(loop):
            w.line(f"{y.name}[i] = np.{w.rng.choice(('sum', 'max', 'min'))}({a.name}[i, :])")


def sweeps(w: Writer) -> None:
    """A loop over one dimension with slices of the others, as in column physics."""
    w.features.update(("rows in loops", "vertical sweep"))
    n, m, k = (w.symbol() for _ in range(3))
    a = w.array(n, m, k)
    b = w.array(n, m, k, other=(a,))
    if w.chance(0.5):
        with w.block(f"for k in range(1, {k}):"):
            w.line(f"{a.name}[:, :, k] = 0.5 * {a.name}[:, :, k - 1] + {b.name}[:, :, k]")
    else:
        with w.block(f"for k in range({k} - 2, -1, -1):"):
            w.line(f"{a.name}[:, :, k] -= 0.3 * {b.name}[:, :, k] * {a.name}[:, :, k + 1]")
