"""Fast Fourier transforms of many signals, one radix-2 stage after the other."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

SIGNALS, HALF, STAGES = (dace.symbol(name) for name in ("SIGNALS", "HALF", "STAGES"))


@dace.program
def fft_stages(
    roots: dace.complex128[STAGES, HALF],
    signals: dace.complex128[SIGNALS, 2 * HALF],
) -> None:
    for stage in range(STAGES):
        total = signals[:, :HALF] + signals[:, HALF:]
        difference = signals[:, :HALF] - signals[:, HALF:]
        signals[:, 0::2] = total
        signals[:, 1::2] = difference * roots[stage, :]


def reference(roots: np.ndarray, signals: np.ndarray) -> None:
    spectra, stages = np.fft.fft(signals, axis=1), len(roots)
    cube = spectra.reshape(-1, *[2] * stages).transpose(0, *range(stages, 0, -1))  # Bits of the frequency are reversed.
    signals[:] = cube.reshape(signals.shape)


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    half, stages = sizes["HALF"], sizes["STAGES"]
    steps = 2 ** np.arange(stages)[:, np.newaxis]
    shape = (sizes["SIGNALS"], 2 * half)
    return {
        "roots": np.exp(-1j * np.pi / half * (np.arange(half) // steps * steps)),
        "signals": rng.standard_normal(shape) + 1j * rng.standard_normal(shape),
    }


PROGRAM = Program(
    name="fft_stages",
    family="fourier",
    program=fft_stages,
    sizes={
        "S": {"SIGNALS": 8, "HALF": 512, "STAGES": 10},
        "M": {"SIGNALS": 16, "HALF": 8192, "STAGES": 14},
    },
    make_inputs=make_inputs,
    reference=reference,
    outputs=("signals",),
    description="radix-2 fast Fourier transforms in place, the same strides in every stage",
)
