"""Indices that are read from arrays."""

from __future__ import annotations

from benchmarks.random_programs.expressions import constant
from benchmarks.random_programs.program import Extent
from benchmarks.random_programs.writer import Variable, Writer


def gather(w: Writer) -> None:
    """`y[i] = x[places[i]]`, also rows of a matrix, also two at once."""
    w.features.add("gather")
    n, m = w.symbol(), w.symbol()
    places = w.argument(n, dtype="int64", content="places", bound=m)
    with_rows = w.chance(0.4)
    k = w.symbol()
    source = w.array(m, k) if with_rows else w.array(m)
    target = w.array(n, k, other=(source,)) if with_rows else w.array(n, other=(source,))
    loops = (Variable("i", n), Variable("j", k)) if with_rows else (Variable("i", n),)
    rest = ", j" if with_rows else ""
    with w.nest(*w.rng.sample(loops, len(loops))):
        update = w.rng.choice(("=", "+=", f"= {constant(w)} *"))
        if w.chance(0.3):
            w.line(f"p = {places.name}[i]")
            w.line(f"{target.name}[i{rest}] {update} {source.name}[p{rest}]")
        else:
            w.line(f"{target.name}[i{rest}] {update} {source.name}[{places.name}[i]{rest}]")


def histogram(w: Writer) -> None:
    """`y[places[i]] += v[i]`."""
    w.features.add("histogram")
    n, m = w.symbol(), w.symbol()
    places = w.argument(n, dtype="int64", content="places", bound=m)
    values = w.array(n)
    target = w.array(m, other=(values,))
    if w.chance(0.5):
        w.line(f"{target.name}[:] = 0.0")
    with w.nest(Variable("i", n)):
        added = w.rng.choice((f"{values.name}[i]", "1.0", f"{values.name}[i] * 0.5"))
        w.line(f"{target.name}[{places.name}[i]] += {added}")


def scatter(w: Writer) -> None:
    """`y[order[i]] = v[i]`, where each place comes once."""
    w.features.add("scatter")
    n = w.symbol()
    order = w.argument(n, dtype="int64", content="permutation", bound=n)
    values = w.array(n)
    target = w.array(n, other=(values,))
    with w.nest(Variable("i", n), ordered=True, maps=False):
        w.line(f"{target.name}[{order.name}[i]] = {values.name}[i]")


def sparse_product(w: Writer) -> None:
    """A sparse matrix in compressed rows times a vector."""
    w.features.add("sparse product")
    n, m, k = (w.symbol() for _ in range(3))
    starts = w.argument(Extent(n, 1), dtype="int64", content="pointers", bound=k)
    columns = w.argument(k, dtype="int64", content="places", bound=m)
    entries, x = w.array(k), w.array(m)
    y = w.array(n, other=(entries, x))
    factors = f"{entries.name}[k] * {x.name}[{columns.name}[k]]"
    with w.nest(Variable("i", n), maps=False):
        if w.chance(0.5):
            w.line("s = 0.0")
            with w.block(f"for k in range({starts.name}[i], {starts.name}[i + 1]):"):
                w.line(f"s += {factors}")
            w.line(f"{y.name}[i] = s")
        else:
            w.line(f"{y.name}[i] = 0.0")
            with w.block(f"for k in range({starts.name}[i], {starts.name}[i + 1]):"):
                w.line(f"{y.name}[i] += {factors}")
