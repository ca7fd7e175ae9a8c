"""A cascade of second-order filters, running through time for many channels."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

TIMES, CHANNELS, SECTIONS = (dace.symbol(name) for name in ("TIMES", "CHANNELS", "SECTIONS"))


@dace.program
def biquad_cascade(
    signal: dace.float64[TIMES, CHANNELS],
    forward: dace.float64[SECTIONS, 3],
    backward: dace.float64[SECTIONS, 2],
    result: dace.float64[TIMES, CHANNELS],
) -> None:
    first = np.zeros((SECTIONS, CHANNELS), dtype=np.float64)
    second = np.zeros((SECTIONS, CHANNELS), dtype=np.float64)
    for t in range(TIMES):
        for c in dace.map[0:CHANNELS]:
            sample = signal[t, c]
            for s in range(SECTIONS):
                filtered = forward[s, 0] * sample + first[s, c]
                first[s, c] = forward[s, 1] * sample - backward[s, 0] * filtered + second[s, c]
                second[s, c] = forward[s, 2] * sample - backward[s, 1] * filtered
                sample = filtered
            result[t, c] = sample


def reference(signal: np.ndarray, forward: np.ndarray, backward: np.ndarray, result: np.ndarray) -> None:
    times = len(signal)
    source = np.pad(signal, ((2, 0), (0, 0)))
    for (b0, b1, b2), (a1, a2) in zip(forward, backward, strict=True):
        filtered = np.zeros_like(source)
        driven = b0 * source[2:] + b1 * source[1:-1] + b2 * source[:-2]
        for t in range(times):
            filtered[t + 2] = driven[t] - a1 * filtered[t + 1] - a2 * filtered[t]
        source = filtered
    result[:] = source[2:]


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    times, channels, sections = sizes["TIMES"], sizes["CHANNELS"], sizes["SECTIONS"]
    return {
        "signal": rng.standard_normal((times, channels)),
        "forward": rng.uniform(0.2, 0.8, (sections, 3)),
        "backward": rng.uniform(-0.4, 0.4, (sections, 2)),
        "result": np.zeros((times, channels)),
    }


PROGRAM = Program(
    name="biquad_cascade",
    family="recurrence",
    program=biquad_cascade,
    sizes={
        "S": {"TIMES": 400, "CHANNELS": 150, "SECTIONS": 3},
        "M": {"TIMES": 2000, "CHANNELS": 1500, "SECTIONS": 4},
    },
    make_inputs=make_inputs,
    reference=reference,
    outputs=("result",),
    description="cascaded second-order recursive filters along time, many channels",
)
