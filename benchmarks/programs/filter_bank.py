"""Every channel of a recording through every filter of a bank."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

CHANNELS, FILTERS, TIMES, TAPS = (dace.symbol(name) for name in ("CHANNELS", "FILTERS", "TIMES", "TAPS"))


@dace.program
def filter_bank(
    signal: dace.float32[CHANNELS, TIMES],
    taps: dace.float32[FILTERS, TAPS],
    result: dace.float32[CHANNELS, FILTERS, TIMES - TAPS + 1],
) -> None:
    for c in range(CHANNELS):
        for f in range(FILTERS):
            for t in range(TIMES - TAPS + 1):
                result[c, f, t] = 0.0
                for k in range(TAPS):
                    result[c, f, t] += taps[f, TAPS - 1 - k] * signal[c, t + k]


def reference(signal: np.ndarray, taps: np.ndarray, result: np.ndarray) -> None:
    for c, channel in enumerate(signal):
        for f, response in enumerate(taps):
            result[c, f] = np.convolve(channel, response, mode="valid")


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    channels, filters, times, taps = sizes["CHANNELS"], sizes["FILTERS"], sizes["TIMES"], sizes["TAPS"]
    return {
        "signal": rng.random((channels, times), dtype=np.float32),
        "taps": rng.random((filters, taps), dtype=np.float32),
        "result": np.zeros((channels, filters, times - taps + 1), dtype=np.float32),
    }


PROGRAM = Program(
    name="filter_bank",
    family="convolution",
    program=filter_bank,
    sizes={
        "S": {"CHANNELS": 2, "FILTERS": 6, "TIMES": 8000, "TAPS": 24},
        "M": {"CHANNELS": 4, "FILTERS": 8, "TIMES": 60000, "TAPS": 32},
    },
    make_inputs=make_inputs,
    reference=reference,
    outputs=("result",),
    description="finite impulse responses: every channel through every filter",
    rtol=1e-5,
)
