"""Verifying: nothing is used that was not shown to compute the same as what it replaces."""

from dace_transfer.verify.verification import Verification
from dace_transfer.verify.differential import verify, verify_program

__all__ = ["Verification", "verify", "verify_program"]
