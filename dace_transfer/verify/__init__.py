"""Verifying: nothing is used that was not shown to compute the same as what it replaces."""

from dace_transfer.verify.differential import prepare, verify, verify_program
from dace_transfer.verify.verification import Verification

__all__ = ["Verification", "prepare", "verify", "verify_program"]
