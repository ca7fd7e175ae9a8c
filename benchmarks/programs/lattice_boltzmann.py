"""Lattice Boltzmann on nine velocities: relaxation in every cell, then streaming."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

NX, NY, STEPS = (dace.symbol(name) for name in ("NX", "NY", "STEPS"))


@dace.program
def lattice_boltzmann(
    particles: dace.float64[9, NX, NY],
    speed_x: dace.float64[9],
    speed_y: dace.float64[9],
    weight: dace.float64[9],
) -> None:
    for _ in range(STEPS):
        density = np.sum(particles, axis=0)
        flow_x = np.zeros((NX, NY), dtype=np.float64)
        flow_y = np.zeros((NX, NY), dtype=np.float64)
        for q in range(9):
            flow_x += speed_x[q] * particles[q]
            flow_y += speed_y[q] * particles[q]
        flow_x /= density
        flow_y /= density
        square = 1.5 * (flow_x * flow_x + flow_y * flow_y)
        moved = np.empty((9, NX, NY), dtype=np.float64)
        for q in range(9):
            along = 3.0 * (speed_x[q] * flow_x + speed_y[q] * flow_y)
            balance = weight[q] * density * (1.0 + along + 0.5 * along * along - square)
            moved[q] = particles[q] + 0.8 * (balance - particles[q])
        particles[:] = moved
        particles[1, 1:, :] = moved[1, :-1, :]
        particles[2, :, 1:] = moved[2, :, :-1]
        particles[3, :-1, :] = moved[3, 1:, :]
        particles[4, :, :-1] = moved[4, :, 1:]
        particles[5, 1:, 1:] = moved[5, :-1, :-1]
        particles[6, :-1, 1:] = moved[6, 1:, :-1]
        particles[7, :-1, :-1] = moved[7, 1:, 1:]
        particles[8, 1:, :-1] = moved[8, :-1, 1:]


def reference(particles: np.ndarray, speed_x: np.ndarray, speed_y: np.ndarray, weight: np.ndarray, STEPS: int) -> None:
    speeds = np.stack([speed_x, speed_y], axis=1)
    for _ in range(STEPS):
        density = particles.sum(axis=0)
        flow = np.tensordot(speeds.T, particles, axes=1) / density
        along = np.tensordot(speeds, flow, axes=1)
        balance = density * (1.0 + 3.0 * along + 4.5 * along**2 - 1.5 * (flow**2).sum(axis=0))
        moved = 0.2 * particles + 0.8 * weight[:, np.newaxis, np.newaxis] * balance
        for population, step, source in zip(particles, speeds.astype(int), moved, strict=True):
            population[:] = source
            here = tuple(slice(max(s, 0), size + min(s, 0)) for s, size in zip(step, source.shape, strict=True))
            there = tuple(slice(max(-s, 0), size - max(s, 0)) for s, size in zip(step, source.shape, strict=True))
            population[here] = source[there]


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    return {
        "particles": rng.uniform(0.9, 1.1, (9, sizes["NX"], sizes["NY"])),
        "speed_x": np.array([0.0, 1.0, 0.0, -1.0, 0.0, 1.0, -1.0, -1.0, 1.0]),
        "speed_y": np.array([0.0, 0.0, 1.0, 0.0, -1.0, 1.0, 1.0, -1.0, -1.0]),
        "weight": np.array([4 / 9] + 4 * [1 / 9] + 4 * [1 / 36]),
        "STEPS": sizes["STEPS"],
    }


PROGRAM = Program(
    name="lattice_boltzmann",
    family="lattice_boltzmann",
    program=lattice_boltzmann,
    sizes={"S": {"NX": 36, "NY": 40, "STEPS": 3}, "M": {"NX": 300, "NY": 320, "STEPS": 6}},
    make_inputs=make_inputs,
    reference=reference,
    outputs=("particles",),
    description="collide and stream on the D2Q9 lattice, in a time loop",
)
