"""Workloads: pieces of a program that are tuned, remembered and transferred as units."""

from dace_transfer.workload.canonical import digest
from dace_transfer.workload.cutting import Cut, Site, assemble, cut
from dace_transfer.workload.workload import Workload, workload_of

__all__ = ["Cut", "Site", "Workload", "assemble", "cut", "digest", "workload_of"]
