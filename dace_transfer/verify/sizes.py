"""Smaller sizes at which a workload means the same, chosen to expose what goes wrong at the edges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

# Sizes up to this are kept: a filter's width or a loop's index cannot be scaled.
_SMALL = 8

_PRIMES = (37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83)
_SMALL_PRIMES = (11, 13, 17, 19, 23, 29, 31)


def reduced_sizes(sizes: Mapping[str, int]) -> list[dict[str, int]]:
    """Propose smaller assignments, the most telling first; some may not be valid for the program.

    Shifting all sizes by the same amount keeps relations such as M = N + 1; giving each symbol a value of its own
    exposes what takes one extent for another. The values are odd, prime, or next to a usual tile size.

    Args:
        sizes: The real value of each symbol.
    """
    large = sorted((name for name, value in sizes.items() if value > _SMALL), key=lambda name: (sizes[name], name))
    if not large:
        return []
    proposals = [
        _shifted(sizes, large, 33),
        _distinct(sizes, large, _PRIMES),
        _shifted(sizes, large, 65),
        _distinct(sizes, large, _SMALL_PRIMES),
        _shifted(sizes, large, 9),
        dict(sizes) | dict.fromkeys(large, 1),
    ]
    unique = {tuple(sorted(proposal.items())): proposal for proposal in proposals}
    return [proposal for proposal in unique.values() if proposal != dict(sizes)]


def _shifted(sizes: Mapping[str, int], large: Sequence[str], smallest: int) -> dict[str, int]:
    """Shift all large sizes alike; what is many times larger than the smallest is only kept larger."""
    least = sizes[large[0]]
    values = {name: smallest + min(sizes[name] - least, 2 * smallest) for name in large}
    return dict(sizes) | values


def _distinct(sizes: Mapping[str, int], large: Sequence[str], values: Sequence[int]) -> dict[str, int]:
    """Give each symbol the next value, in the order of the real sizes."""
    last = len(values) - 1
    return dict(sizes) | {name: values[min(rank, last)] for rank, name in enumerate(large)}
