"""Times the NumPy reference of one case in this fresh process and prints seconds per sample as JSON.

python -m benchmarks.numpy_run SUITE NAME PRESET
"""

from __future__ import annotations

import json
import sys
import time

from benchmarks.case import Case
from benchmarks.suites import open_suite

_MOST_SAMPLES = 5
_ENOUGH_SECONDS = 1.0


def sample(case: Case) -> list[float]:
    """Run once to warm up, then until there are enough samples; one is enough when a run takes seconds."""
    _seconds(case)
    samples: list[float] = []
    while len(samples) < _MOST_SAMPLES and sum(samples) < _ENOUGH_SECONDS:
        samples.append(_seconds(case))
    return samples


def _seconds(case: Case) -> float:
    arguments = case.fresh_arguments()
    start = time.perf_counter()
    case.reference(*arguments)
    return time.perf_counter() - start


if __name__ == "__main__":
    suite, name, preset = sys.argv[1:]
    print(json.dumps(sample(open_suite(suite).load(name, preset))))
