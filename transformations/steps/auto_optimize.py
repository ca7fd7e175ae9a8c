"""The step that is DaCe's own optimiser."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import dace
from dace.dtypes import DeviceType
from dace.transformation.auto.auto_optimize import auto_optimize

from dace_transfer.errors import StepFailedError, told
from dace_transfer.transformations.steps.base import Done, Handle


@dataclass(frozen=True)
class AutoOptimize:
    """Runs DaCe's `auto_optimize` for CPUs.

    Before: any program.
    After: loops that are parallel are maps, maps are fused and collapsed, conflicting writes tiled, library nodes
    expanded to the fastest implementation, small arrays on the stack and large ones allocated once.

    In Halide: an autoscheduler; in TVM: `meta_schedule` with its default rules.

    Attributes:
        target: The whole program.
    """

    name: ClassVar[str] = "auto_optimize"

    target: str = "sdfg"

    def apply(self, sdfg: dace.SDFG, targets: Sequence[Handle]) -> Done:
        """Optimise all of `sdfg`; yields nothing.

        Raises:
            StepFailedError: DaCe's optimiser failed.
        """
        try:
            auto_optimize(sdfg, DeviceType.CPU)
        except Exception as error:
            raise StepFailedError(f"DaCe's auto_optimize failed: {told(error)}") from error
        return Done(1, "ran DaCe's auto_optimize for CPUs")
