"""Building: SDFGs become shared libraries in child processes that can be killed.

`dace_transfer.building.binary` describes a finished library and needs no DaCe; `dace_transfer.building.builder` makes
them. Nothing is imported here, so that a process which only loads a library stays light.
"""
