"""Every step a recipe can name: adding one is a file here, an import and a line in `STEPS`."""

from __future__ import annotations

from dace_transfer.transformations.steps.auto_optimize import AutoOptimize
from dace_transfer.transformations.steps.base import Step
from dace_transfer.transformations.steps.expand_reduction import ExpandReduction
from dace_transfer.transformations.steps.schedule import Schedule
from dace_transfer.transformations.steps.storage import Storage
from dace_transfer.transformations.steps.vector_math import VectorMath

STEPS: dict[str, type[Step]] = {
    "auto_optimize": AutoOptimize,
    "expand_reduction": ExpandReduction,
    "schedule": Schedule,
    "storage": Storage,
    "vector_math": VectorMath,
}
"""Step classes by the name recipes use; the key is the class's own `name`."""
