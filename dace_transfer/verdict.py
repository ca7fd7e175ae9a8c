"""How the story of one workload ends."""

from __future__ import annotations

from enum import Enum


class Verdict(Enum):
    """The outcome of tuning one workload, or of comparing one candidate with its baseline.

    FASTER, SAME, SLOWER and AMBIGUOUS come from measurements; AMBIGUOUS means that the spread was too wide
    to say. WRONG: the results differ. FAILED: it did not compile or run. NOT_APPLICABLE: no recipe fits.
    NO_NEIGHBOUR: the database holds nothing to transfer from, or nothing that can be trusted.
    """

    FASTER = "faster"
    SAME = "same"
    SLOWER = "slower"
    AMBIGUOUS = "ambiguous"
    WRONG = "wrong"
    FAILED = "failed"
    NOT_APPLICABLE = "not_applicable"
    NO_NEIGHBOUR = "no_neighbour"
