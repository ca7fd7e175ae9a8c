"""The strategy that hands out proposals made beforehand: those of neighbours, or the library's."""

from __future__ import annotations

from collections.abc import Sequence

from dace_transfer.search.guide import Guide
from dace_transfer.search.proposal import Proposal
from dace_transfer.search.strategy import Outcome


class Listed:
    """Hands out given proposals, in their order or, once a guide knows enough, the most promising first.

    Args:
        proposals: What there is to hand out.
        guide: What orders them; None keeps their order, as neighbours want it.
    """

    def __init__(self, proposals: Sequence[Proposal], guide: Guide | None = None):
        self._left = {proposal.recipe.id: proposal for proposal in proposals}
        self._guide = guide

    def ask(self, count: int) -> list[Proposal]:
        left = list(self._left.values())
        scores = self._guide.scores([proposal.recipe for proposal in left]) if self._guide and left else None
        if scores is not None:
            left = [left[index] for index in (-scores).argsort(kind="stable")]
        for proposal in left[:count]:
            del self._left[proposal.recipe.id]
        return left[:count]

    def tell(self, outcomes: Sequence[Outcome]) -> None:
        for outcome in outcomes:
            self._left.pop(outcome.recipe.id, None)
        if self._guide is not None:
            self._guide.learn(outcomes)
