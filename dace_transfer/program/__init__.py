"""The decorator: a DaCe program that is tuned on its first call and then called without DaCe's own dispatch."""

from dace_transfer.program.decorator import TunedMethod, autotune
from dace_transfer.program.tuned import NotTuned, TunedProgram

__all__ = ["NotTuned", "TunedMethod", "TunedProgram", "autotune"]
