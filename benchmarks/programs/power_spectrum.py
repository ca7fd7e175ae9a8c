"""Power spectra of real signals, by products with tables of cosines and sines."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

SIGNALS, TIMES, WAVES = (dace.symbol(name) for name in ("SIGNALS", "TIMES", "WAVES"))


@dace.program
def power_spectrum(signals: dace.float64[SIGNALS, TIMES], power: dace.float64[SIGNALS, WAVES]) -> None:
    cosines = np.empty((TIMES, WAVES), dtype=np.float64)
    sines = np.empty((TIMES, WAVES), dtype=np.float64)
    for t, wave in dace.map[0:TIMES, 0:WAVES]:
        cosines[t, wave] = np.cos(2.0 * np.pi * t * wave / TIMES)
        sines[t, wave] = np.sin(2.0 * np.pi * t * wave / TIMES)
    power[:] = ((signals @ cosines) ** 2 + (signals @ sines) ** 2) / TIMES


def reference(signals: np.ndarray, power: np.ndarray) -> None:
    waves, times = power.shape[1], signals.shape[1]
    power[:] = np.abs(np.fft.fft(signals, axis=1)[:, :waves]) ** 2 / times


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    signals, times, waves = sizes["SIGNALS"], sizes["TIMES"], sizes["WAVES"]
    return {"signals": rng.standard_normal((signals, times)), "power": np.zeros((signals, waves))}


PROGRAM = Program(
    name="power_spectrum",
    family="fourier",
    program=power_spectrum,
    sizes={
        "S": {"SIGNALS": 120, "TIMES": 160, "WAVES": 60},
        "M": {"SIGNALS": 600, "TIMES": 900, "WAVES": 400},
    },
    make_inputs=make_inputs,
    reference=reference,
    outputs=("power",),
    description="power at the lowest frequencies, by matrix products",
)
