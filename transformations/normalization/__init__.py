"""Bring programs into the form in which they are cut, compared and tuned."""

from dace_transfer.transformations.normalization.normalize import normalize

__all__ = ["normalize"]
