"""Short-time Fourier transform: tapered, overlapping frames times a matrix of phases."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

FRAMES, HOP, LENGTH, BINS = (dace.symbol(name) for name in ("FRAMES", "HOP", "LENGTH", "BINS"))


@dace.program
def windowed_spectrum(
    signal: dace.float64[FRAMES * HOP + LENGTH],
    taper: dace.float64[LENGTH],
    phases: dace.complex128[LENGTH, BINS],
    spectrum: dace.complex128[FRAMES, BINS],
) -> None:
    frames = np.empty((FRAMES, LENGTH), dtype=np.complex128)
    for frame in range(FRAMES):
        frames[frame, :] = taper * signal[frame * HOP : frame * HOP + LENGTH]
    spectrum[:] = frames @ phases


def reference(signal: np.ndarray, taper: np.ndarray, phases: np.ndarray, spectrum: np.ndarray) -> None:
    length, (frames, bins) = len(taper), spectrum.shape
    hop = (len(signal) - length) // frames
    windows = np.lib.stride_tricks.sliding_window_view(signal, length)[::hop][:frames]
    spectrum[:] = np.fft.rfft(windows * taper, axis=1)[:, :bins]


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    frames, hop, length, bins = sizes["FRAMES"], sizes["HOP"], sizes["LENGTH"], sizes["BINS"]
    return {
        "signal": rng.standard_normal(frames * hop + length),
        "taper": np.hanning(length),
        "phases": np.exp(-2j * np.pi * np.outer(np.arange(length), np.arange(bins)) / length),
        "spectrum": np.zeros((frames, bins), dtype=np.complex128),
    }


PROGRAM = Program(
    name="windowed_spectrum",
    family="spectral",
    program=windowed_spectrum,
    sizes={
        "S": {"FRAMES": 40, "HOP": 16, "LENGTH": 64, "BINS": 33},
        "M": {"FRAMES": 800, "HOP": 64, "LENGTH": 256, "BINS": 129},
    },
    make_inputs=make_inputs,
    reference=reference,
    outputs=("spectrum",),
    description="short-time Fourier transform as a complex matrix product",
)
