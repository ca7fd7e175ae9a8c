"""How much doubt the tuner may have about neighbours before verification's runs have to be clear."""

from __future__ import annotations

import numpy as np

from dace_transfer.database.store import Store
from dace_transfer.embeddings import SymbolicFeatures
from dace_transfer.hardware import describe_cpu
from dace_transfer.learning.abstention import Checked
from dace_transfer.learning.comparison import NEAREST, Sources
from dace_transfer.learning.profiles import profiles_of
from dace_transfer.search.trust import Trust


def calibrate(store: Store) -> Trust:
    """Fit the limit on doubt to all that a database holds, with the family of every workload left out in turn.

    Raises:
        StoreError: The database holds too little.
    """
    sources = Sources(store, profiles_of(store))
    rows = np.arange(len(sources.profiles.digests))
    donor = Checked("", NEAREST["features"](sources))
    return Trust(
        limit=donor.limit(sources.features(rows), sources.profiles, rows),
        tolerated=donor.tolerated,
        encoder=SymbolicFeatures(describe_cpu()).id,
        workloads=len(rows),
        families=len(frozenset[str]().union(*sources.profiles.families)),
        newest=store.stats().newest,
    )
