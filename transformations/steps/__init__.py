"""Every step a recipe can name: adding one is a file here, an import and a line in `STEPS`."""

from __future__ import annotations

from dace_transfer.transformations.steps.accumulate import Accumulate
from dace_transfer.transformations.steps.auto_optimize import AutoOptimize
from dace_transfer.transformations.steps.base import Step
from dace_transfer.transformations.steps.block_reductions import BlockReductions
from dace_transfer.transformations.steps.collapse import Collapse
from dace_transfer.transformations.steps.compile import Compile
from dace_transfer.transformations.steps.drop_views import DropViews
from dace_transfer.transformations.steps.expand import Expand
from dace_transfer.transformations.steps.expand_reduction import ExpandReduction
from dace_transfer.transformations.steps.fission import Fission
from dace_transfer.transformations.steps.fuse import Fuse
from dace_transfer.transformations.steps.fuse_horizontal import FuseHorizontal
from dace_transfer.transformations.steps.fuse_outer import FuseOuter
from dace_transfer.transformations.steps.interchange import Interchange
from dace_transfer.transformations.steps.interchange_reductions import InterchangeReductions
from dace_transfer.transformations.steps.library import Library
from dace_transfer.transformations.steps.local_storage import LocalStorage
from dace_transfer.transformations.steps.loop_to_map import LoopToMap
from dace_transfer.transformations.steps.map_copies import MapCopies
from dace_transfer.transformations.steps.merge_equal import MergeEqual
from dace_transfer.transformations.steps.move_loop_into_map import MoveLoopIntoMap
from dace_transfer.transformations.steps.one_pass import OnePass
from dace_transfer.transformations.steps.outline import Outline
from dace_transfer.transformations.steps.private_copies import PrivateCopies
from dace_transfer.transformations.steps.recompute import Recompute
from dace_transfer.transformations.steps.schedule import Schedule
from dace_transfer.transformations.steps.simplify import Simplify
from dace_transfer.transformations.steps.storage import Storage
from dace_transfer.transformations.steps.strip_mine import StripMine
from dace_transfer.transformations.steps.subgraph_fuse import SubgraphFuse
from dace_transfer.transformations.steps.swap_nested import SwapNested
from dace_transfer.transformations.steps.symmetric_product import SymmetricProduct
from dace_transfer.transformations.steps.tile import Tile
from dace_transfer.transformations.steps.tile_time import TileTime
from dace_transfer.transformations.steps.unroll import Unroll
from dace_transfer.transformations.steps.vector_math import VectorMath
from dace_transfer.transformations.steps.vectorize import Vectorize
from dace_transfer.transformations.steps.write_through import WriteThrough

STEPS: dict[str, type[Step]] = {
    "accumulate": Accumulate,
    "auto_optimize": AutoOptimize,
    "block_reductions": BlockReductions,
    "collapse": Collapse,
    "compile": Compile,
    "drop_views": DropViews,
    "expand": Expand,
    "expand_reduction": ExpandReduction,
    "fission": Fission,
    "fuse": Fuse,
    "fuse_horizontal": FuseHorizontal,
    "fuse_outer": FuseOuter,
    "interchange": Interchange,
    "interchange_reductions": InterchangeReductions,
    "library": Library,
    "local_storage": LocalStorage,
    "loop_to_map": LoopToMap,
    "map_copies": MapCopies,
    "merge_equal": MergeEqual,
    "move_loop_into_map": MoveLoopIntoMap,
    "one_pass": OnePass,
    "outline": Outline,
    "private_copies": PrivateCopies,
    "recompute": Recompute,
    "schedule": Schedule,
    "simplify": Simplify,
    "storage": Storage,
    "strip_mine": StripMine,
    "subgraph_fuse": SubgraphFuse,
    "swap_nested": SwapNested,
    "symmetric_product": SymmetricProduct,
    "tile": Tile,
    "tile_time": TileTime,
    "unroll": Unroll,
    "vector_math": VectorMath,
    "vectorize": Vectorize,
    "write_through": WriteThrough,
}
"""Step classes by the name recipes use; the key is the class's own `name`."""
