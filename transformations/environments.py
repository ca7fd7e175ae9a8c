"""Options for the compiler that travel with an SDFG: DaCe's library environments, each with flags.

An SDFG that has a tasklet with such an environment is compiled with its flags, by DaCe as well as by the builder, as
a whole: what is in one translation unit has one set of flags. Whoever reads such an SDFG must have imported this
module before code is generated.

CMake hands the flags to the linker as well. None of them is one for which GCC links `crtfastm.o`, which would flush
denormal numbers to zero in the whole process, and none assumes that there are no NaNs and infinities.
"""

# mypy: disable-error-code="untyped-decorator"
from __future__ import annotations

import functools
import shlex
import subprocess
from typing import Any, ClassVar

import dace
from dace import nodes
from dace.codegen.compiler_family import host_compiler

from dace_transfer.toolchain import HEADER

_LIMITED_COMPLEX = HEADER.parent / "limited_complex.h"


class Option:
    """What DaCe asks an environment for, and the flags.

    Attributes:
        flags: What the option means to GCC; flags it depends on are among them.
    """

    flags: ClassVar[tuple[str, ...]] = ()

    cmake_minimum_version: ClassVar[str | None] = None
    cmake_packages: ClassVar[list[str]] = []
    cmake_variables: ClassVar[dict[str, str]] = {}
    cmake_includes: ClassVar[list[str]] = []
    cmake_libraries: ClassVar[list[str]] = []
    cmake_link_flags: ClassVar[list[str]] = []
    cmake_files: ClassVar[list[str]] = []
    headers: ClassVar[list[str]] = []
    state_fields: ClassVar[list[str]] = []
    init_code: ClassVar[str] = ""
    finalize_code: ClassVar[str] = ""
    dependencies: ClassVar[list[Any]] = []

    @classmethod
    def cmake_compile_flags(cls) -> list[str]:
        """The flags as one text, so that their order does not depend on hashes; none where they are not known."""
        return [" ".join(cls.flags)] if cls.is_known() else []

    @classmethod
    def is_known(cls) -> bool:
        """Whether the compiler DaCe uses takes the flags without a warning."""
        return _accepts(host_compiler(), cls.flags)


@dace.library.environment
class Reassociate(Option):
    """Sums and products of floating-point numbers in any order, so that loops that accumulate are vectorised."""

    flags = ("-fassociative-math", "-fno-signed-zeros", "-fno-trapping-math")


@dace.library.environment
class LimitedComplex(Option):
    """Complex products, quotients and absolute values by the usual formulas.

    Without it, a product that is NaN is computed again by the C library (C99, annex G), which costs a test and a call
    in every iteration, and an absolute value is a call of `hypot`.
    """

    flags = ("-fcx-limited-range",)
    # DaCe splits lists of folders at blanks.
    headers: ClassVar[list[str]] = [] if " " in str(_LIMITED_COMPLEX) else [str(_LIMITED_COMPLEX)]


@dace.library.environment
class UnrollLoops(Option):
    """Loops whose iterations are counted before they start are unrolled, also where the compiler sees no gain."""

    flags = ("-funroll-loops",)


@dace.library.environment
class VectorizeInnermost(Option):
    """Innermost loops of more than 8 iterations are vectorised, and not unrolled or run for several others at once.

    Either would make the loop around them the innermost one, whose vectors are then gathered from all over memory.
    """

    flags = ("-fno-loop-unroll-and-jam", "--param=max-completely-peel-times=8")


@dace.library.environment
class AliasChecks(Option):
    """Before loops, any number of arrays are compared for whether they overlap; by default, up to ten pairs are."""

    flags = ("--param=vect-max-version-for-alias-checks=1000",)


@dace.library.environment
class Vectors256(Option):
    """Vectors of 256 bits where there are longer ones: less is left over from short loops."""

    flags = ("-mprefer-vector-width=256",)


@dace.library.environment
class Vectors512(Option):
    """Vectors of 512 bits also where the compiler prefers shorter ones for the sake of the clock rate.

    Where pieces of one program have different lengths, either counts for all of it.
    """

    flags = ("-mprefer-vector-width=512",)


def options_of(sdfg: dace.SDFG) -> frozenset[str]:
    """Return the names of the options an SDFG or what is nested in it is to be compiled with."""
    code = (node for node, _ in sdfg.all_nodes_recursive() if isinstance(node, nodes.CodeNode))
    return frozenset(name for node in code for name in node.environments if name.startswith(__name__ + "."))


@functools.cache
def _accepts(compiler: str, flags: tuple[str, ...]) -> bool:
    command = [*shlex.split(compiler), "-Werror", *flags, "-fsyntax-only", "-x", "c++", "-"]
    try:
        return subprocess.run(command, input="", capture_output=True, text=True, timeout=60).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False
