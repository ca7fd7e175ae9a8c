"""Matrix products, in all the ways people write them."""

from __future__ import annotations

from benchmarks.random_programs.expressions import access, constant
from benchmarks.random_programs.program import Array
from benchmarks.random_programs.writer import Variable, Writer


def matrix_product(w: Writer) -> None:
    """`C += A @ B` as loops in any order, as rows, or as a call."""
    w.features.add("matrix product")
    n, k, m = w.symbol(), w.symbol(), w.symbol()
    left, right = _operand(w, n, k), _operand(w, k, m)
    form = w.rng.choice((_product_loops, _product_loops, _product_dot, _product_call, _product_rows))
    form(w, left, right)


def _operand(w: Writer, rows: str, columns: str) -> tuple[Array, bool, str, str]:
    """A matrix, whether it is stored transposed, and its rows and columns."""
    transposed = w.chance(0.3)
    array = w.array(*((columns, rows) if transposed else (rows, columns)))
    return array, transposed, rows, columns


Operand = tuple[Array, bool, str, str]


def _at(operand: Operand, row: str, column: str) -> str:
    return access(operand[0], *((column, row) if operand[1] else (row, column)))


def _whole(operand: Operand) -> str:
    return f"{operand[0].name}.T" if operand[1] else operand[0].name


def _product_loops(w: Writer, left: Operand, right: Operand) -> None:
    n, k, m = left[2], left[3], right[3]
    target = w.target(n, m, other=(left[0], right[0]))
    i, j, inner = Variable("i", n), Variable("j", m), Variable("k", k)
    if w.chance(0.7) or target in w.local:
        _clear(w, target, (i, j))
    loops = w.rng.sample((i, j, inner), 3)
    w.features.add("product " + "".join(v.name for v in loops))
    with w.nest(*loops):
        factor = f"{w.scalar()} * " if w.chance(0.3) else ""
        w.line(f"{access(target, 'i', 'j')} += {factor}{_at(left, 'i', 'k')} * {_at(right, 'k', 'j')}")


def _clear(w: Writer, target: Array, loops: tuple[Variable, ...]) -> None:
    kind = w.rng.randrange(3)
    if target in w.local or kind == 0:
        w.line(f"{target.name}[:] = 0.0")
    elif kind == 1:
        w.line(f"{target.name}[:] *= {w.scalar()}")
    else:
        with w.nest(*loops):
            element = access(target, *(v.name for v in loops))
            w.line(w.rng.choice((f"{element} = 0.0", f"{element} *= {constant(w)}")))


def _product_dot(w: Writer, left: Operand, right: Operand) -> None:
    """Each element by itself, in a local scalar or in place."""
    n, k, m = left[2], left[3], right[3]
    target = w.target(n, m, other=(left[0], right[0]))
    i, j, inner = Variable("i", n), Variable("j", m), Variable("k", k)
    factors = f"{_at(left, 'i', 'k')} * {_at(right, 'k', 'j')}"
    element = access(target, "i", "j")
    swap = w.chance(0.3)
    with w.nest(*((j, i) if swap else (i, j))):
        if w.chance(0.5):
            name = w.rng.choice(("s", "acc", "total"))
            w.line(f"{name} = 0.0")
            with w.nest(inner, maps=False):
                w.line(f"{name} += {factors}" if w.chance(0.7) else f"{name} = {name} + {factors}")
            w.line(w.rng.choice((f"{element} = {name}", f"{element} = 0.5 * {name}")))
            return
        w.line(f"{element} = {w.rng.choice(('0.0', '0.0', constant(w)))}")
        with w.nest(inner, maps=False):
            w.line(f"{element} = {element} + {factors}" if w.chance(0.4) else f"{element} += {factors}")


def _product_call(w: Writer, left: Operand, right: Operand) -> None:
    w.features.add("product call")
    target = w.target(left[2], right[3], other=(left[0], right[0]))
    product = f"{_whole(left)} @ {_whole(right)}"
    forms = [f"{target.name}[:] = {product}", f"{target.name}[:] = {w.scalar()} * ({product})"]
    if target not in w.local:
        forms += [f"{target.name}[:] += {product}", f"{target.name}[:] = {product} + {constant(w)} * {target.name}"]
    w.line(w.rng.choice(forms))


def _product_rows(w: Writer, left: Operand, right: Operand) -> None:
    """One row, or one element from a row and a column, per iteration."""
    n, k, m = left[2], left[3], right[3]
    target = w.target(n, m, other=(left[0], right[0]))
    i, j, inner = Variable("i", n), Variable("j", m), Variable("k", k)
    row = f"{right[0].name}[:, k]" if right[1] else f"{right[0].name}[k, :]"
    if w.chance(0.5):
        w.line(f"{target.name}[:] = 0.0")
        with w.nest(*w.rng.sample((i, inner), 2), maps=False):
            w.line(f"{target.name}[i, :] += {_at(left, 'i', 'k')} * {row}")
        return
    first = f"{left[0].name}[:, i]" if left[1] else f"{left[0].name}[i, :]"
    second = f"{right[0].name}[j, :]" if right[1] else f"{right[0].name}[:, j]"
    with w.nest(i, j):
        product = w.rng.choice((f"np.sum({first} * {second})", f"np.dot({first}, {second})", f"{first} @ {second}"))
        w.line(f"{access(target, 'i', 'j')} = {product}")


def triangular_product(w: Writer) -> None:
    """Symmetric updates and products with triangular matrices."""
    w.features.add("triangular product")
    n, k = w.symbol(), w.symbol()
    matrix = w.array(n, k)
    target = w.array(n, n, other=(matrix,))
    i, long = Variable("i", n), Variable("k", k)
    bounds = w.rng.choice(("range(i + 1)", f"range(i, {n})", "range(i)", f"range(i + 1, {n})"))
    element = access(target, "i", "j")
    factors = f"{access(matrix, 'i', 'k')} * {access(matrix, 'j', 'k')}"
    with w.nest(i, maps=False):
        if w.chance(0.4):
            with w.block(f"for j in {bounds}:"):
                w.line(f"{element} *= {constant(w)}")
        if w.chance(0.5):
            with w.nest(long, maps=False), w.block(f"for j in {bounds}:"):
                w.line(f"{element} += 0.5 * {factors}")
        else:
            with w.block(f"for j in {bounds}:"):
                _symmetric(w, target, long, factors)
    w.features.add("triangular")


def _symmetric(w: Writer, target: Array, loop: Variable, factors: str) -> None:
    if w.chance(0.5):
        w.line("s = 0.0")
        with w.nest(loop, maps=False):
            w.line(f"s += {factors}")
        w.line(f"{target.name}[i, j] = s")
    else:
        with w.nest(loop, maps=False):
            w.line(f"{target.name}[i, j] += {factors}")
    if w.chance(0.4):
        w.features.add("mirrored write")
        w.line(f"{target.name}[j, i] = {target.name}[i, j]")


def matrix_vector(w: Writer) -> None:
    """`y += A @ x` and `y += A.T @ x`, by rows, by columns, together, or as calls."""
    w.features.add("matrix vector")
    n, m = w.symbol(), w.symbol()
    matrix, x = w.array(n, m), w.array(m)
    y = w.target(n, other=(x,))
    i, j = Variable("i", n), Variable("j", m)
    kind = w.rng.randrange(5)
    if kind == 0:
        w.line(f"{y.name}[:] = {matrix.name} @ {x.name}")
    elif kind == 1:
        with w.nest(i):
            row = f"{matrix.name}[i, :]"
            w.line(f"{y.name}[i] = {w.rng.choice((f'np.sum({row} * {x.name})', f'{row} @ {x.name}'))}")
    elif kind == 2:
        w.line(f"{y.name}[:] = 0.0")
        with w.nest(*w.rng.sample((i, j), 2)):
            w.line(f"{y.name}[i] += {matrix.name}[i, j] * {x.name}[j]")
    elif kind == 3:
        with w.nest(i, maps=False):
            w.line(f"{y.name}[i] = {constant(w)}")
            with w.nest(j, maps=False):
                w.line(f"{y.name}[i] = {y.name}[i] + {matrix.name}[i, j] * {x.name}[j]")
    else:
        z = w.array(n, other=(x, y))
        out = w.array(m, other=(x, y, z))
        w.line(f"{y.name}[:] = 0.0")
        if w.chance(0.5):
            w.line(f"{out.name}[:] = 0.0")
        with w.nest(i, maps=False), w.nest(j, maps=False):
            w.line(f"{out.name}[j] = {out.name}[j] + {z.name}[i] * {matrix.name}[i, j]")
            w.line(f"{y.name}[i] = {y.name}[i] + {matrix.name}[i, j] * {x.name}[j]")


def normal_product(w: Writer) -> None:
    """`y = A.T @ (A @ x)`, with the inner product beside the loop that uses it."""
    w.features.add("matrix vector")
    n, m = w.symbol(), w.symbol()
    matrix, x = w.array(n, m), w.array(m)
    y = w.target(m, other=(x,))
    if w.chance(0.3):
        w.line(f"{y.name}[:] = {matrix.name}.T @ ({matrix.name} @ {x.name})")
        return
    i, j = Variable("i", n), Variable("j", m)
    t = w.made(n)
    w.line(f"{y.name}[:] = 0.0")
    with w.nest(i, maps=False):
        w.line(f"{t.name}[i] = 0.0")
        with w.nest(j, maps=False):
            w.line(f"{t.name}[i] += {matrix.name}[i, j] * {x.name}[j]")
        with w.nest(j, maps=False):
            w.line(f"{y.name}[j] += {matrix.name}[i, j] * {t.name}[i]")
    w.local.append(t)


def outer_product(w: Writer) -> None:
    """`A += u v'`."""
    w.features.add("outer product")
    n, m = w.symbol(), w.symbol()
    u, v = w.array(n), w.array(m)
    target = w.target(n, m)
    if w.chance(0.2):
        rows = w.rng.choice((f"{u.name}[:, np.newaxis] * {v.name}", f"np.multiply.outer({u.name}, {v.name})"))
        w.line(f"{target.name}[:] = {rows}")
        return
    update = "+=" if target not in w.local and w.chance(0.5) else "="
    with w.nest(*w.rng.sample((Variable("i", n), Variable("j", m)), 2)):
        w.line(f"{access(target, 'i', 'j')} {update} {u.name}[i] * {v.name}[j]")


def contraction(w: Writer) -> None:
    """`C[i, j, p] = sum(A[i, j, k] * B[k, p])` and the like: four loops."""
    w.features.add("contraction")
    i, j, k, p = (Variable(name, w.symbol()) for name in "ijkp")
    left = w.array(i.symbol, j.symbol, k.symbol)
    right = w.array(k.symbol, p.symbol)
    target = w.target(i.symbol, j.symbol, p.symbol, other=(left,))
    element, factors = f"{target.name}[i, j, p]", f"{left.name}[i, j, k] * {right.name}[k, p]"
    if w.chance(0.2):
        w.features.add("product call")
        w.line(f"{target.name}[:] = np.einsum('ijk,kp->ijp', {left.name}, {right.name})")
        return
    if w.chance(0.5):
        w.line(f"{target.name}[:] = 0.0")
        with w.nest(*w.rng.sample((i, j, k, p), 4)):
            w.line(f"{element} += {factors}")
        return
    with w.nest(i, j, p):
        w.line("s = 0.0")
        with w.nest(k, maps=False):
            w.line(f"s += {factors}")
        w.line(f"{element} = s")
