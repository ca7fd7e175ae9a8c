"""Which piece of a program gets the next seconds of the budget: the one they are expected to save most time in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

NEGLIGIBLE = 0.01
"""Share of the whole program's time below which a piece is left alone (Amdahl's law: it can gain no more)."""

_PATIENCE = 60.0  # Seconds without a gain after which half as much is expected of a piece as at first.


@dataclass(frozen=True)
class Piece:
    """A part of a program that is tuned by itself.

    Attributes:
        name: Tells it from the others.
        time: What one run of the program spends in it now, at all places it occurs at: seconds or estimated work,
            the same for all pieces of a program.
        idle: Seconds spent on it since it last became faster.
    """

    name: str
    time: float
    idle: float = 0.0

    def after(self, seconds: float, time: float) -> Piece:
        """The piece after so many more seconds, when the best version found takes `time`."""
        faster = time < self.time
        return replace(self, time=min(time, self.time), idle=0.0 if faster else self.idle + seconds)

    @property
    def promise(self) -> float:
        """What the next second is expected to save, up to a factor that is the same for all pieces.

        Time spent in vain makes success less likely; a success makes more of them as likely as at first.
        """
        return self.time / (_PATIENCE + self.idle)


def next_piece(pieces: Sequence[Piece], rest: float = 0.0) -> Piece | None:
    """Return the piece that should be worked on next, None where none is worth it.

    Args:
        pieces: As they are now; asked again after every round, since each changes with what was found.
        rest: Time the program spends outside of them.
    """
    return max(_worthwhile(pieces, rest), key=lambda piece: piece.promise, default=None)


def shares(pieces: Sequence[Piece], budget: float, least: float = 0.0, rest: float = 0.0) -> dict[str, float]:
    """Divide a budget among pieces by what is expected of them.

    Args:
        pieces: As they are now.
        budget: Seconds there are.
        least: Seconds without which nothing can be found in a piece. Where there are too few for all, the least
            promising pieces get nothing.
        rest: Time the program spends outside of the pieces.

    Returns:
        Seconds for every piece by name; they add up to the budget unless none is worth it.
    """
    ranked = sorted(_worthwhile(pieces, rest), key=lambda piece: -piece.promise)
    served = ranked[: max(1, int(budget / least))] if least > 0.0 else ranked
    return dict.fromkeys((piece.name for piece in pieces), 0.0) | _divided(served, budget, least)


def _divided(pieces: Sequence[Piece], budget: float, least: float) -> dict[str, float]:
    """Divide in proportion to the promise; those that would get too little get the least, the others the remainder."""
    total = sum(piece.promise for piece in pieces)
    poor = [piece for piece in pieces if budget * piece.promise < least * total]
    if not poor or len(poor) == len(pieces):
        return {piece.name: budget * piece.promise / total for piece in pieces}
    others = [piece for piece in pieces if piece not in poor]
    return dict.fromkeys((piece.name for piece in poor), least) | _divided(others, budget - least * len(poor), least)


def _worthwhile(pieces: Sequence[Piece], rest: float) -> list[Piece]:
    whole = rest + sum(piece.time for piece in pieces)
    return [piece for piece in pieces if piece.time > 0.0 and piece.time >= NEGLIGIBLE * whole]
