"""The step that turns Reduce nodes into maps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import dace

from dace_transfer.errors import NotApplicableError, StepFailedError, told
from dace_transfer.transformations.private_reduction import Shape, expand_private
from dace_transfer.transformations.reduction import Reduction, read_reduction
from dace_transfer.transformations.steps.base import Done, Handle
from dace_transfer.transformations.steps.each import for_each


@dataclass(frozen=True)
class ExpandReduction:
    """Computes reductions by generated code.

    Before: `s = Reduce(+, axis=1)(A)`

    After, with the form `private`:

        map o in 0:N:                       # parallel, fuses with its neighbours
            acc = 0                         # in a register
            for i in 0:M: acc += A[o, i]
            s[o] = acc                      # once

    The forms `pure`, `pure-seq` and `OpenMP` are the expansions DaCe's Reduce node has, which accumulate in the
    output (`pure`, `OpenMP`) or in a nested SDFG. In Halide: `update` with `compute_at`; in TVM:
    `decompose_reduction` and `cache_write` (with `blocks`: `rfactor`).

    Attributes:
        target: Reduce nodes.
        form: `private`, or the name of an expansion of DaCe's.
        lanes: `private` only: independent accumulators along the last folded axis, so that a compiler that may
            not reorder floating-point additions can vectorise them.
        columns: `private` only: neighbouring results along the last kept axis accumulated together, for
            reductions along other than the contiguous axis.
        blocks: `private` only: parts in which a reduction to one element outside of any map runs in parallel.
    """

    name: ClassVar[str] = "expand_reduction"

    target: str = "reductions"
    form: Literal["private", "pure", "pure-seq", "OpenMP"] = "private"
    lanes: int = 1
    columns: int = 1
    blocks: int = 64

    def apply(self, sdfg: dace.SDFG, targets: Sequence[Handle]) -> Done:
        """Expand the reductions among `targets`; yields the outermost maps (DaCe's forms: what they leave)."""
        return for_each(targets, self._expand, "expanded {count} reductions")

    def _expand(self, handle: Handle) -> list[Handle]:
        reduction = read_reduction(handle.state, handle.node)
        if self.form != "private":
            return _expand_by_dace(reduction, self.form)
        self._check(reduction)
        entries = expand_private(reduction, Shape(self.lanes, self.columns, self.blocks))
        return [Handle(handle.state, entry) for entry in entries]

    def _check(self, reduction: Reduction) -> None:
        if min(self.lanes, self.columns, self.blocks) < 1:
            raise NotApplicableError("'lanes', 'columns' and 'blocks' must all be at least 1; correct them.")
        if not reduction.folded:
            raise NotApplicableError(f"Reduction '{reduction.node}' folds no axis; expand it as 'pure'.")
        needs_neutral = self.lanes > 1 or (not reduction.kept and self.blocks > 1) or reduction.node.identity is None
        if needs_neutral and reduction.neutral is None:
            raise NotApplicableError(
                f"The neutral element of reduction '{reduction.node}' is unknown, which lanes, blocks and a "
                f"missing identity need; set 'lanes' and 'blocks' to 1 or expand it as 'pure'."
            )
        if self.columns > 1 and self.lanes > 1:
            raise NotApplicableError("Reductions take either 'lanes' or 'columns', but both are set; drop one.")


def _expand_by_dace(reduction: Reduction, form: str) -> list[Handle]:
    state, node = reduction.state, reduction.node
    if form == "pure-seq" and node.identity is None:
        raise NotApplicableError(f"DaCe's 'pure-seq' needs an identity, but reduction '{node}' has none.")
    before = set(state.nodes())
    node.implementation = form
    try:
        node.expand(state)
    except (ValueError, KeyError, TypeError, IndexError, AssertionError, NotImplementedError) as error:
        raise StepFailedError(f"DaCe's expansion '{form}' of reduction '{node}' failed: {told(error)}.") from error
    return [Handle(state, new) for new in state.nodes() if new not in before]
