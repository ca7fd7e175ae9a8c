"""The outcome of verifying one candidate."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Verification:
    """Whether a candidate may replace its baseline, and why not.

    Attributes:
        ok: True only if every trial ran and agreed.
        kind: "ok", "wrong" (results differ), "guard" (it wrote outside a buffer), "abi" (other arguments),
            "codegen", "compile", "crash", "timeout", "memory", "skipped" (there was no time to run it), or
            "unverifiable" (the baseline itself could not be run on generated inputs).
        reason: One sentence; empty when ok.
        max_error: Largest error over all outputs and all trials that tell something, relative to the reference.
        tolerance: What it was allowed to be.
        trials: Runs that were compared.
        ratio: Fastest baseline sample divided by fastest candidate sample, roughly; None if it was not timed.
        baseline_samples: Seconds per run of the baseline at the real sizes.
        samples: Seconds per run of the candidate at the real sizes, interleaved with the baseline's.
        sharp: False where agreement proves little: rounding errors in the inputs alone change some result as much.
    """

    ok: bool
    kind: str
    reason: str
    max_error: float = 0.0
    tolerance: float = 0.0
    trials: int = 0
    ratio: float | None = None
    baseline_samples: tuple[float, ...] = ()
    samples: tuple[float, ...] = ()
    sharp: bool = True
