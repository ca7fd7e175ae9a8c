"""How far neighbours are trusted."""

import json
import math

from dace_transfer.database.exchange import read_manifest
from dace_transfer.database.seed import SEED
from dace_transfer.embeddings import SymbolicFeatures
from dace_transfer.hardware import describe_cpu
from dace_transfer.search.rules import WORTHWHILE
from dace_transfer.search.trust import CLEARLY, Trust, shipped_trust


def test_more_is_asked_where_there_is_more_doubt():
    trust = Trust(-0.1, 0.05, "e", 10, 5, "")
    assert [trust.asks(doubt) for doubt in (-1.0, -0.11, -0.1, 1.0)] == [WORTHWHILE, WORTHWHILE, CLEARLY, CLEARLY]
    assert all(Trust(math.inf, 0.05, "e", 10, 5, "").asks(doubt) == WORTHWHILE for doubt in (-1.0, 1.0))


def test_what_is_written_is_read():
    trust = Trust(-0.1, 0.05, "e", 10, 5, "2026-01-01")
    assert Trust(**json.loads(trust.to_json())) == trust


def test_it_was_fitted_on_the_shipped_records():
    manifest, trust = read_manifest(SEED), shipped_trust()
    assert (trust.newest, trust.workloads) == (manifest.date, manifest.counts["workload"])
    assert trust.encoder == SymbolicFeatures(describe_cpu()).id
    assert trust.limit > -1.0
