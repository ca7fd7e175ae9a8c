"""The device a program is tuned for, described without hardware counters."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Target:
    """One device together with everything that decides how code behaves on it.

    Two records are comparable exactly when their targets have the same `digest`.

    Attributes:
        kind: "cpu" or "gpu".
        model: The vendor's name of the device.
        isa: Instruction set extensions that matter to a compiler, sorted ("avx2", "avx512f", ...), or the
            compute capability of a GPU ("sm_90").
        threads: OpenMP threads every measurement and every tuned program uses.
        caches: Data cache sizes in bytes, level 1 first: per core, except the last level, which is shared.
        compiler: Name and major version of the host compiler.
        flags: Compiler flags of both sides of every comparison.
        wait_policy: `OMP_WAIT_POLICY`: "active", "passive", or "default" for unset.
    """

    kind: str
    model: str
    isa: tuple[str, ...]
    threads: int
    caches: tuple[int, ...]
    compiler: str
    flags: str
    wait_policy: str = "default"

    @property
    def digest(self) -> str:
        """Sixteen hexadecimal digits that name this target."""
        text = json.dumps(asdict(self), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def environment(self) -> dict[str, str]:
        """Environment variables every process that runs code for this target must have."""
        variables = {"OMP_NUM_THREADS": str(self.threads), "OMP_DYNAMIC": "false"}
        if self.wait_policy != "default":
            variables["OMP_WAIT_POLICY"] = self.wait_policy
        return variables
