"""Random but realistic programs: what people write, in the many ways they write it, by the thousand."""

from benchmarks.random_programs.generate import generate
from benchmarks.random_programs.program import RandomProgram

__all__ = ["RandomProgram", "generate"]
