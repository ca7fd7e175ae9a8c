"""What a binary runs on, described as data so that it can be sent to a child process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Inputs:
    """Values for the arguments of a binary.

    Attributes:
        sizes: A value for each symbol.
        files: `.npy` file per array argument; arrays that are not named are filled at random.
        scalars: A value per scalar argument that is no symbol; others are drawn at random.
        seed: Seed of everything that is drawn; equal seeds give equal data in every process.
        signed: Draw from a standard normal distribution instead of uniformly from [0.1, 1.1).
    """

    sizes: Mapping[str, int]
    files: Mapping[str, Path] = field(default_factory=dict)
    scalars: Mapping[str, float | int | complex | bool] = field(default_factory=dict)
    seed: int = 0
    signed: bool = False
