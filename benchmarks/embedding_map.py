"""Draws the space of an encoder in two dimensions: which recipe wins where, and where families lie.

    python -m benchmarks.embedding_map OUT.svg [--database FILE] [--encoder features]

Neighbours in the drawing are mostly neighbours in the space (t-SNE, van der Maaten and Hinton, JMLR 2008); distances
between groups say nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from sklearn.manifold import TSNE

from benchmarks.options import Database
from benchmarks.peers import load
from benchmarks.plot import save
from dace_transfer.cli.output import Encoder, one_sentence
from dace_transfer.database.records import Vector
from dace_transfer.database.store import open_store
from dace_transfer.embeddings.encoders import DEFAULT, encoder_named
from dace_transfer.errors import StoreError
from dace_transfer.hardware import describe_cpu
from dace_transfer.learning.evaluation import WORTH_TUNING
from dace_transfer.learning.profiles import Profiles, profiles_of
from dace_transfer.learning.vectors import stored
from dace_transfer.search.portfolio import BASELINE

_NAMED = 9  # Groups with a colour of their own; the others are grey.
_FEWEST = 5  # Workloads without which there is nothing to see.

app = typer.Typer()


@app.command()
def main(
    out: Annotated[Path, typer.Argument(help="The drawing, *.svg.")],
    database: Database = None,
    encoder: Encoder = DEFAULT,
) -> None:
    """Draw the workloads of a database."""
    with one_sentence():
        store = open_store(database)
        profiles = profiles_of(store)
        name = encoder_named(encoder, describe_cpu()).id
        vectors = stored(store, name, profiles.digests)(np.arange(len(profiles.digests)))
        store.close()
        write(profiles, vectors, f"Workloads by the encoder '{name}'", out)


def write(profiles: Profiles, vectors: Vector, title: str, file: Path) -> None:
    """Draw workloads twice, coloured by the recipe that is best for them and by family.

    Args:
        profiles: The workloads and what recipes are worth on them.
        vectors: Shape `(n, d)`; workloads whose vector holds NaN are left out.
        title: Over the drawing.
        file: Where it goes, as SVG; equal inputs give equal files.

    Raises:
        StoreError: There are too few workloads.
    """
    known = np.flatnonzero(~np.isnan(vectors).any(axis=1))
    if len(known) < _FEWEST:
        raise StoreError(f"A drawing takes {_FEWEST} workloads with vectors; the database holds {len(known)}.")
    places = project(vectors[known])
    recipes = [winner(profiles, row) for row in known.tolist()]
    families = [min(profiles.families[row], default="") for row in known.tolist()]

    def draw() -> Any:
        figure = load("matplotlib.figure").Figure((11, 5), layout="constrained")
        left, right = figure.subplots(1, 2)
        _draw(left, places, recipes, "Best recipe")
        _draw(right, places, families, "Family")
        figure.suptitle(title, fontsize=10)
        return figure

    save(draw, title, file)


def project(vectors: Vector) -> Vector:
    """Lay vectors out in a plane, shape `(n, 2)`; always the same way."""
    perplexity = min(30.0, (len(vectors) - 1) / 3)
    placed: Vector = TSNE(perplexity=perplexity, init="pca", random_state=0).fit_transform(vectors)
    return placed


def winner(profiles: Profiles, row: int) -> str:
    """The name of the recipe that gains most on a workload; auto_optimize where none gains anything."""
    gains = profiles.benefits(np.array([row]))[0]
    best = int(gains.argmax())
    return profiles.names[best] if gains[best] > WORTH_TUNING else BASELINE


def _draw(axes: Any, places: Vector, groups: Sequence[str], title: str) -> None:
    counts = Counter(groups)
    named = [name for name, _ in counts.most_common(_NAMED)]
    colors = load("matplotlib").colormaps["tab10"].colors
    for number, name in enumerate([*named, None]):
        of = np.array([group == name if name is not None else group not in named for group in groups])
        color = colors[number] if name is not None else "#cccccc"
        label = f"{name} ({of.sum()})" if name is not None else f"others ({of.sum()})"
        axes.scatter(*places[of].T, s=9, color=color, label=label, linewidths=0)
    axes.set_title(title, fontsize=9)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.legend(fontsize=6, loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False)


if __name__ == "__main__":
    app()
