"""Every step a recipe can name: adding one is a file here, an import and a line in `STEPS`."""

from __future__ import annotations

from dace_transfer.transformations.steps.base import Step

STEPS: dict[str, type[Step]] = {}
"""Step classes by the name recipes use; the key is the class's own `name`."""
