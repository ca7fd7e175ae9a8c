"""The step that lets compilers vectorise loops that call mathematical functions."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

import dace
from dace import nodes
from dace.properties import CodeBlock

from dace_transfer.errors import NotApplicableError
from dace_transfer.transformations.steps.base import Done, Handle
from dace_transfer.transformations.steps.each import for_each

ALWAYS = {"sin": 1, "cos": 1, "exp": 1, "log": 1, "pow": 2}
"""Functions glibc has in vectors of all its versions with a vector library, and how many arguments they have."""

SINCE_2_35 = {
    **dict.fromkeys(("tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh"), 1),
    **dict.fromkeys(("exp2", "log2", "log10", "expm1", "log1p", "cbrt", "erf", "erfc"), 1),
    **dict.fromkeys(("atan2", "hypot"), 2),
}
"""Functions that came later."""

_GUARD = "DACE_TRANSFER_VECTOR_MATH"


def declarations() -> str:
    """Return C++ that declares the vector versions, and makes `exp(float)` and the like single precision.

    Without <math.h>, a call like `exp(x)` on a float means the double-precision function of C. The attribute is
    the one glibc's own headers only set under -ffast-math; the functions are within 4 ulp with any flags.
    """
    return "\n".join(
        (
            f"#ifndef {_GUARD}",
            f"#define {_GUARD}",
            "#include <math.h>",
            "#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__)",
            *(_declaration(*function) for function in ALWAYS.items()),
            "#if __GLIBC_PREREQ(2, 35)",
            *(_declaration(*function) for function in SINCE_2_35.items()),
            "#endif",
            "#endif",
            "#endif",
        )
    )


def _declaration(function: str, arguments: int) -> str:
    attribute = '__attribute__((simd("notinbranch")))'
    return "\n".join(
        f'extern "C" {attribute} {kind} {function}{suffix}({", ".join([kind] * arguments)}) noexcept;'
        for kind, suffix in (("double", ""), ("float", "f"))
    )


@dataclass(frozen=True)
class VectorMath:
    """Declares the C library's vector versions of exp, log, sin, pow and others to what the maps call.

    Before: `for i: y[i] = (float) exp((double) x[i])`, one call each.
    After: `for i in steps of 8: y[i : i + 8] = exp_of_8_floats(x[i : i + 8])`, if the compiler vectorises the loop.

    Results change by up to 4 ulp. On machines other than x86-64 with glibc and GCC only the switch to single
    precision remains. In Halide: `fast_exp` under `vectorize`; in TVM: the `fast_math` intrinsics.

    Attributes:
        target: Maps whose tasklets, at any depth, call such functions.
    """

    name: ClassVar[str] = "vector_math"

    target: str = "maps"

    def apply(self, sdfg: dace.SDFG, targets: Sequence[Handle]) -> Done:
        """Declare the functions for the maps among `targets` that call any; yields those maps."""
        return for_each(targets, _declare, "declared vector functions for {count} maps")


def _declare(handle: Handle) -> list[Handle]:
    if not isinstance(handle.node, nodes.MapEntry):
        raise NotApplicableError(f"Vector functions are for maps, but '{handle.node}' is none.")
    callers = [tasklet for tasklet in _tasklets(handle) if _calls(tasklet) & {*ALWAYS, *SINCE_2_35}]
    if not callers:
        raise NotApplicableError(f"Map '{handle.node.map.label}' calls no function that has a vector version.")
    for tasklet in callers:
        code = tasklet.code_global.as_string or ""
        if _GUARD not in code:
            tasklet.code_global = CodeBlock(declarations() + "\n" + code, dace.Language.CPP)
    return [handle]


def _tasklets(handle: Handle) -> Iterator[nodes.Tasklet]:
    for node, _ in handle.state.scope_subgraph(handle.node).all_nodes_recursive():
        if isinstance(node, nodes.Tasklet) and node.language is dace.Language.Python:
            yield node


def _calls(tasklet: nodes.Tasklet) -> set[str]:
    """Names of called functions, without what is in front of their last dot; powers that are no products call one."""
    parts = [node for part in tasklet.code.code for node in ast.walk(part)]
    calls = [node.func for node in parts if isinstance(node, ast.Call)]
    names = {getattr(function, "id", getattr(function, "attr", "")) for function in calls}
    return names | {"pow" for node in parts if isinstance(node, ast.BinOp) and _is_power(node)}


def _is_power(node: ast.BinOp) -> bool:
    """Whether a node is a power with an exponent other than a whole number, be it in a cast."""
    exponent = node.right
    if isinstance(exponent, ast.Call) and len(exponent.args) == 1:
        exponent = exponent.args[0]
    value = exponent.value if isinstance(exponent, ast.Constant) else None
    return isinstance(node.op, ast.Pow) and not (isinstance(value, (int, float)) and value % 1 == 0)
