"""Energies of many closed chains of classical spins in a field."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

CHAINS, SITES = (dace.symbol(name) for name in ("CHAINS", "SITES"))


@dace.program
def spin_chain(
    coupling: dace.float64,
    field: dace.float64[3],
    spins: dace.float64[CHAINS, SITES, 3],
    energy: dace.float64[CHAINS],
) -> None:
    bonds = np.sum(spins[:, 1:, :] * spins[:, : SITES - 1, :], axis=(1, 2))
    closing = np.sum(spins[:, 0, :] * spins[:, SITES - 1, :], axis=1)
    moment = np.sum(spins, axis=1)
    energy[:] = -coupling * (bonds + closing) - moment @ field


def reference(coupling: float, field: np.ndarray, spins: np.ndarray, energy: np.ndarray) -> None:
    torque = coupling * np.roll(spins, 1, axis=1) + field
    energy[:] = -np.einsum("csx,csx->c", spins, torque)


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    chains, sites = sizes["CHAINS"], sizes["SITES"]
    arrows = rng.standard_normal((chains, sites, 3))
    return {
        "coupling": 0.7,
        "field": rng.random(3),
        "spins": arrows / np.linalg.norm(arrows, axis=2, keepdims=True),
        "energy": np.zeros(chains),
    }


PROGRAM = Program(
    name="spin_chain",
    family="spins",
    program=spin_chain,
    sizes={"S": {"CHAINS": 200, "SITES": 150}, "M": {"CHAINS": 2000, "SITES": 500}},
    make_inputs=make_inputs,
    reference=reference,
    outputs=("energy",),
    description="energies of closed chains of classical spins",
)
