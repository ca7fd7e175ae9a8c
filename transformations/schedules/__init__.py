"""Orders in which a computation may be executed: rewrites of loops around statements that suit a machine better."""

from dace_transfer.transformations.schedules.blocks import block_reductions
from dace_transfer.transformations.schedules.equal import merge_equal
from dace_transfer.transformations.schedules.interchange import interchange_reductions
from dace_transfer.transformations.schedules.one_pass import one_pass
from dace_transfer.transformations.schedules.outer import fuse_outer
from dace_transfer.transformations.schedules.time_tiles import tile_time

__all__ = ["block_reductions", "fuse_outer", "interchange_reductions", "merge_equal", "one_pass", "tile_time"]
