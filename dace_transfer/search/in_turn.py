"""The strategy that asks others in turn: the next one where one has no more to propose."""

from __future__ import annotations

from collections.abc import Sequence

from dace_transfer.search.proposal import Proposal
from dace_transfer.search.strategy import Outcome, Strategy


class InTurn:
    """Exhausts strategies one after another and tells all of them everything; no recipe comes up twice.

    Args:
        strategies: The first is asked until it has no more, then the second, and so on.
    """

    def __init__(self, strategies: Sequence[Strategy]):
        self._strategies = tuple(strategies)
        self._seen: set[str] = set()

    def ask(self, count: int) -> list[Proposal]:
        found: list[Proposal] = []
        for strategy in self._strategies:
            while len(found) < count and (offered := strategy.ask(count - len(found))):
                found += self._new(offered)
        return found

    def tell(self, outcomes: Sequence[Outcome]) -> None:
        self._seen.update(outcome.recipe.id for outcome in outcomes)
        for strategy in self._strategies:
            strategy.tell(outcomes)

    def _new(self, proposals: Sequence[Proposal]) -> list[Proposal]:
        new = [proposal for proposal in proposals if proposal.recipe.id not in self._seen]
        self._seen.update(proposal.recipe.id for proposal in new)
        return new
