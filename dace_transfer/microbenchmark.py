"""What this machine can do: bandwidths, arithmetic, and the price of a parallel region."""

from __future__ import annotations

import json
import tempfile
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from dace_transfer.cache import cache_folder
from dace_transfer.compiler import build_and_run
from dace_transfer.target import Target
from dace_transfer.whole import whole

_SOURCE = Path(__file__).parent / "include" / "speeds.cpp"
# Far more than the last cache holds, but no more than a small machine has to spare.
_MEMORY_BYTES = 512 << 20


@dataclass(frozen=True)
class Speeds:
    """Measured speeds of a target; attributes for encoders and reports, never part of its identity.

    Attributes:
        bandwidth: GB/s of reading and writing a buffer, all threads together: one for each level of
            `Target.caches`, then one for main memory.
        copy: GB/s, read and written, of a copy between buffers that no cache holds.
        peak_fp64: GFLOP/s of independent double precision multiply-adds, all threads together.
        peak_fp32: The same in single precision.
        divisions_fp64: Divisions in double precision, in 10^9 a second, all threads together.
        divisions_fp32: The same in single precision.
        exponentials_fp64: Exponential functions in double precision, in 10^9 a second, all threads together.
        exponentials_fp32: The same in single precision.
        fork_join_us: Microseconds to enter and leave an empty parallel region.
    """

    bandwidth: tuple[float, ...]
    copy: float
    peak_fp64: float
    peak_fp32: float
    divisions_fp64: float
    divisions_fp32: float
    exponentials_fp64: float
    exponentials_fp32: float
    fork_join_us: float


def speeds_of(target: Target, folder: Path | None = None) -> Speeds:
    """Return the speeds of this machine, measured once (some seconds) and then read from a file.

    Args:
        target: This machine, as `describe_cpu` gives it.
        folder: Where everything that can be measured or built again is kept; the user's cache folder by default.

    Raises:
        BuildError: There is no C++ compiler, or it fails.
        RunError: The measurement does not end.
    """
    kept = cache_folder(folder) / "speeds" / f"{target.digest}.json"
    known = _read(kept)
    if known is not None:
        return known
    speeds = measure(target)
    kept.parent.mkdir(parents=True, exist_ok=True)
    with whole(kept) as part:
        part.write_text(json.dumps(asdict(speeds)))
    return speeds


def measure(target: Target) -> Speeds:
    """Measure the speeds of this machine with the target's threads, in less than a minute.

    Raises:
        BuildError: There is no C++ compiler, or it fails.
        RunError: The measurement does not end.
    """
    with tempfile.TemporaryDirectory() as folder:
        sizes = [str(size) for size in _sizes(target)]
        lines = build_and_run(_SOURCE.read_text(), Path(folder), sizes, target.environment())
    *rates, region = map(float, lines.split())
    *bandwidth, copy, fp64, fp32, div64, div32, exp64, exp32 = (rate / 1e9 for rate in rates)
    return Speeds(tuple(bandwidth), copy, fp64, fp32, div64, div32, exp64, exp32, region * 1e6)


def _sizes(target: Target) -> list[int]:
    """Bytes per thread that fit into half of each cache and into none."""
    own = [size // 2 for size in target.caches[:-1]]
    shared = [size // 2 // target.threads for size in target.caches[-1:]]
    beyond = min(_MEMORY_BYTES, 4 * max(target.caches, default=_MEMORY_BYTES // 4))
    return [*own, *shared, beyond // target.threads]


def _read(file: Path) -> Speeds | None:
    if not file.exists():
        return None
    data = json.loads(file.read_text())
    if data.keys() != {field.name for field in fields(Speeds)}:
        return None
    return Speeds(**{**data, "bandwidth": tuple(data["bandwidth"])})
