"""Mean brightness of an image in rings around its centre."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

PIXELS, SHELLS = (dace.symbol(name) for name in ("PIXELS", "SHELLS"))


@dace.program
def radial_profile(
    brightness: dace.float64[PIXELS], radius: dace.float64[PIXELS], profile: dace.float64[SHELLS]
) -> None:
    width = 1.001 * np.max(radius) / SHELLS
    for shell in range(SHELLS):
        inner = shell * width
        outer = inner + width
        inside = np.logical_and(radius >= inner, radius < outer)
        profile[shell] = np.sum(inside * brightness) / np.sum(inside * 1.0)


def reference(brightness: np.ndarray, radius: np.ndarray, profile: np.ndarray) -> None:
    width = 1.001 * radius.max() / len(profile)
    for shell in range(len(profile)):
        profile[shell] = brightness[(radius >= shell * width) & (radius < (shell + 1) * width)].mean()


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    pixels, rings = sizes["PIXELS"], sizes["SHELLS"]
    return {"brightness": rng.random(pixels), "radius": rng.random(pixels), "profile": np.zeros(rings)}


PROGRAM = Program(
    name="radial_profile",
    family="masked_sum",
    program=radial_profile,
    sizes={"S": {"PIXELS": 2000, "SHELLS": 10}, "M": {"PIXELS": 200000, "SHELLS": 60}},
    make_inputs=make_inputs,
    reference=reference,
    outputs=("profile",),
    description="azimuthal averages by masked sums, one ring at a time",
)
