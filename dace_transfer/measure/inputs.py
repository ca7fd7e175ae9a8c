"""What a binary runs on, described as data so that it can be sent to a child process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Integers:
    """What the elements of an array of integers are drawn from.

    Attributes:
        below: They are 0 or more, and below this.
        ascending: Whether none is less than the one before.
    """

    below: int
    ascending: bool = True


@dataclass(frozen=True)
class Inputs:
    """Values for the arguments of a binary.

    Attributes:
        sizes: A value for each symbol.
        files: `.npy` file per array argument; arrays that are not named are filled at random.
        scalars: A value per scalar argument that is no symbol; others are drawn at random.
        seed: Seed of everything that is drawn; equal seeds give equal data in every process.
        poison: Fill arrays that the program only writes with NaN instead.
        signed: Draw from a standard normal distribution instead of uniformly from [0.1, 1.1).
        integers: What to draw arrays of integers from; others are indices that are valid everywhere, and ascend.
    """

    sizes: Mapping[str, int]
    files: Mapping[str, Path] = field(default_factory=dict)
    scalars: Mapping[str, float | int | complex | bool] = field(default_factory=dict)
    seed: int = 0
    poison: bool = False
    signed: bool = False
    integers: Mapping[str, Integers] = field(default_factory=dict)


def save_arguments(arguments: Mapping[str, Any], folder: Path) -> Inputs:
    """Describe a user's own arguments: arrays are copied into the folder, numbers are kept.

    Args:
        arguments: A NumPy array or scalar per argument, symbols included; never changed.
        folder: Where the copies go; must live as long as the inputs are used.
    """
    files: dict[str, Path] = {}
    scalars: dict[str, Any] = {}
    for name, value in arguments.items():
        if np.ndim(value) == 0 and not isinstance(value, np.ndarray):
            scalars[name] = value
            continue
        files[name] = folder / f"{name}.npy"
        np.save(files[name], np.asarray(value))
    sizes = {name: int(value) for name, value in scalars.items() if isinstance(value, (int, np.integer))}
    return Inputs(sizes, files, {name: value for name, value in scalars.items() if name not in sizes})


def to_json(inputs: Inputs) -> dict[str, Any]:
    """The form that crosses a pipe."""
    scalars = {name: _plain(value) for name, value in inputs.scalars.items()}
    files = {name: str(path) for name, path in inputs.files.items()}
    sizes = {name: int(value) for name, value in inputs.sizes.items()}
    return {
        "sizes": sizes,
        "files": files,
        "scalars": scalars,
        "seed": inputs.seed,
        "poison": inputs.poison,
        "signed": inputs.signed,
        "integers": {name: asdict(drawn) for name, drawn in inputs.integers.items()},
    }


def from_json(data: Mapping[str, Any]) -> Inputs:
    """The inverse of `to_json`."""
    scalars = {name: complex(*value) if isinstance(value, list) else value for name, value in data["scalars"].items()}
    files = {name: Path(path) for name, path in data["files"].items()}
    integers = {name: Integers(**drawn) for name, drawn in data["integers"].items()}
    return Inputs(data["sizes"], files, scalars, data["seed"], data["poison"], data["signed"], integers)


def _plain(value: Any) -> Any:
    """NumPy scalars become Python's, and complex numbers pairs."""
    plain = value.item() if hasattr(value, "item") else value
    return [plain.real, plain.imag] if isinstance(plain, complex) else plain
