"""Forces and energies of atoms under a truncated Lennard-Jones potential, all pairs."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

ATOMS = dace.symbol("ATOMS")


@dace.program
def lennard_jones(
    position: dace.float64[ATOMS, 3],
    force: dace.float64[ATOMS, 3],
    energy: dace.float64[ATOMS],
    reach: dace.float64,
) -> None:
    for i in dace.map[0:ATOMS]:
        for j in range(ATOMS):
            dx = position[i, 0] - position[j, 0]
            dy = position[i, 1] - position[j, 1]
            dz = position[i, 2] - position[j, 2]
            square = dx * dx + dy * dy + dz * dz
            if i != j and square < reach * reach:
                inverse = 1.0 / square
                sixth = inverse * inverse * inverse
                push = 24.0 * inverse * sixth * (2.0 * sixth - 1.0)
                force[i, 0] += push * dx
                force[i, 1] += push * dy
                force[i, 2] += push * dz
                energy[i] += 2.0 * sixth * (sixth - 1.0)


def reference(position: np.ndarray, force: np.ndarray, energy: np.ndarray, reach: float) -> None:
    for i, atom in enumerate(position):
        offset = atom - np.delete(position, i, axis=0)
        distance = np.linalg.norm(offset, axis=1)
        near, offset = distance[distance < reach], offset[distance < reach]
        force[i] += ((48.0 * near**-14 - 24.0 * near**-8)[:, np.newaxis] * offset).sum(axis=0)
        energy[i] += 2.0 * (near**-12 - near**-6).sum()


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    atoms = sizes["ATOMS"]
    side = int(np.ceil(atoms ** (1 / 3)))
    lattice = 1.2 * np.stack(np.unravel_index(np.arange(atoms), (side, side, side)), axis=1)
    return {
        "position": lattice + rng.uniform(-0.1, 0.1, (atoms, 3)),
        "force": np.zeros((atoms, 3)),
        "energy": np.zeros(atoms),
        "reach": 2.5,
    }


PROGRAM = Program(
    name="lennard_jones",
    family="pairwise",
    program=lennard_jones,
    sizes={"S": {"ATOMS": 700}, "M": {"ATOMS": 4000}},
    make_inputs=make_inputs,
    reference=reference,
    outputs=("force", "energy"),
    description="all-pairs forces with a cut-off radius, under a condition",
)
