"""Applying a rewrite to several targets: each in turn, those it does not fit passed over."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dace_transfer.errors import NotApplicableError
from dace_transfer.transformations.steps.base import Done, Handle


def for_each(targets: Sequence[Handle], rewrite: Callable[[Handle], Sequence[Handle]], detail: str) -> Done:
    """Apply `rewrite` to each of `targets` that is still in its state when its turn comes.

    Args:
        targets: What the step is for.
        rewrite: Rewrites at one target and returns what it yields; raises NotApplicableError, with nothing
            touched, where it does not fit.
        detail: What was done; `{count}` stands for how often.

    Raises:
        NotApplicableError: It fits none of the targets; the message is that of the first.
    """
    reasons: list[NotApplicableError] = []
    yields: list[Handle] = []
    count = 0
    for handle in targets:
        if handle.node not in handle.state.nodes():
            continue
        try:
            yields += rewrite(handle)
        except NotApplicableError as error:
            reasons.append(error)
            continue
        count += 1
    if count == 0:
        raise reasons[0] if reasons else NotApplicableError("The role matches no node of the program; use another.")
    return Done(count, detail.format(count=count), tuple(yields))
