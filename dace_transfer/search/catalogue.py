"""The space recipes are varied in: which steps may be added, and which values their fields may take."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from dace_transfer.transformations import STEPS, Do, Knob, Recipe
from dace_transfer.transformations.construct import construct
from dace_transfer.transformations.rewriting import steps_of

Catalogue = Mapping[str, Mapping[str, tuple[Any, ...]]]
"""By step and field, the values to choose from; fields that are not named stay at their defaults."""

_NEST = ("maps", "maps[0]", "maps[1]", "maps[-1]")

CATALOGUE: Catalogue = {
    "accumulate": {"target": ("inner_maps", "maps")},
    "block_reductions": {"size": (256, 512, 1024, 2048, 4096, 8192)},
    "collapse": {"target": (*_NEST, "all_maps"), "limit": (0, 1)},
    "compile": {
        "reassociate": (False, True),
        "limited_complex": (False, True),
        "unroll": (False, True),
        "innermost": (False, True),
        "alias_checks": (False, True),
        "vectors": ("default", "256", "512"),
    },
    "drop_views": {},
    "expand": {"target": _NEST, "limit": (0, 1, 2)},
    "expand_reduction": {
        "target": ("reductions", "reductions[0]", "reductions[-1]"),
        "form": ("private", "pure-seq", "OpenMP"),
        "lanes": (1, 4, 8, 16, 32),
        "columns": (1, 8, 16, 64, 256),
        "blocks": (8, 64, 256),
    },
    "fission": {"target": _NEST},
    "fuse": {"target": ("all_maps", "maps", "inner_maps")},
    "fuse_horizontal": {"target": ("all_maps", "maps"), "common_input": (True, False)},
    "fuse_outer": {"depth": (1, 2, 3)},
    "interchange": {
        "target": (*_NEST, "inner_maps"),
        "order": ((), (1, 0), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)),
    },
    "interchange_reductions": {"columns": (8, 16, 32, 64, 128, 256), "products": (False, True)},
    "library": {"target": ("libraries", "libraries[0]", "libraries[-1]"), "implementation": ("loops", "OpenBLAS")},
    "local_storage": {"target": ("inner_maps",), "direction": ("in", "out"), "position": (0, 1, 2)},
    "loop_to_map": {"target": ("loops",)},
    "map_copies": {"target": ("loops",)},
    "merge_equal": {},
    "move_loop_into_map": {"target": ("loops",)},
    "one_pass": {"parts": (8, 32, 128), "rows": (1, 2, 4, 8)},
    "outline": {"target": _NEST},
    "private_copies": {"target": _NEST, "copies": (2, 4, 8, 16, 64)},
    "recompute": {"times": (2, 3, 4, 6, 8)},
    "schedule": {
        "target": (*_NEST, "all_maps", "inner_maps"),
        "kind": ("parallel", "sequential"),
        "omp_schedule": ("default", "static", "dynamic", "guided"),
        "chunk": (0, 1, 8, 64),
        "collapse": (1, 2, 3),
    },
    "storage": {
        "target": ("accesses",),
        "storage": ("default", "register", "heap"),
        "lifetime": ("scope", "state", "sdfg", "persistent"),
    },
    "strip_mine": {"target": (*_NEST, "inner_maps"), "dim": (-1, 0, 1), "size": (8, 16, 32, 64, 128, 256)},
    "subgraph_fuse": {"target": ("maps",), "min_axes": (1, 2)},
    "swap_nested": {"target": _NEST},
    "symmetric_product": {"target": ("libraries", "libraries[0]", "libraries[-1]")},
    "tile": {
        "target": (*_NEST, "inner_maps"),
        "sizes": ((8,), (16,), (32,), (64,), (128,), (8, 256), (16, 64), (32, 128), (64, 256), (1, 1024), (0, 64)),
    },
    "tile_time": {"steps": (2, 4, 8, 16, 32, 64), "size": (8, 16, 32, 64, 128, 512, 2048)},
    "unroll": {"target": ("inner_maps", "loops"), "limit": (4, 8, 16, 64)},
    "vector_math": {"target": ("maps",)},
    "vectorize": {"target": ("inner_maps", "all_maps"), "width": (2, 4, 8, 16)},
    "write_through": {},
}
"""The steps that make sense anywhere in a recipe: all but those that only repeat what normalising does."""


def with_knobs(catalogue: Catalogue, recipes: Iterable[Recipe]) -> Catalogue:
    """Return a catalogue that also has what the knobs of recipes may be filled with."""
    extended = {step: dict(fields) for step, fields in catalogue.items()}
    for do in (do for recipe in recipes for do in steps_of(recipe.body)):
        fields = extended.get(do.step.name, {})
        for name in fields:
            fields[name] = tuple(dict.fromkeys((*fields[name], *_fillings(getattr(do.step, name)))))
    return extended


def _fillings(value: Any) -> Iterator[Any]:
    """What a field value that holds knobs may become; nothing where it holds none."""
    if isinstance(value, Knob):
        yield from value.options
    elif isinstance(value, tuple) and any(isinstance(entry, Knob) for entry in value):
        yield from itertools.product(*(e.options if isinstance(e, Knob) else (e,) for e in value))


def draw(catalogue: Catalogue, rng: random.Random) -> Do:
    """Return a step with fields, all drawn at random."""
    name = rng.choice(list(catalogue))
    return Do(construct(STEPS[name], {field: rng.choice(options) for field, options in catalogue[name].items()}))
