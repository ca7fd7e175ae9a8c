"""A 3-D tensor contracted with a matrix along each of its axes."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

NI, NJ, NK, RANK = (dace.symbol(name) for name in ("NI", "NJ", "NK", "RANK"))


@dace.program
def tucker_core(
    tensor: dace.float64[NI, NJ, NK],
    first: dace.float64[NI, RANK],
    second: dace.float64[NJ, RANK],
    third: dace.float64[NK, RANK],
    core: dace.float64[RANK, RANK, RANK],
) -> None:
    along_k = np.einsum("ijk,kc->ijc", tensor, third)
    along_j = np.einsum("ijc,jb->ibc", along_k, second)
    core[:] = np.einsum("ibc,ia->abc", along_j, first)


def reference(tensor: np.ndarray, first: np.ndarray, second: np.ndarray, third: np.ndarray, core: np.ndarray) -> None:
    along_i = np.tensordot(first, tensor, axes=(0, 0))
    core[:] = (second.T @ along_i) @ third


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    ni, nj, nk, rank = sizes["NI"], sizes["NJ"], sizes["NK"], sizes["RANK"]
    return {
        "tensor": rng.random((ni, nj, nk)),
        "first": rng.random((ni, rank)),
        "second": rng.random((nj, rank)),
        "third": rng.random((nk, rank)),
        "core": np.zeros((rank, rank, rank)),
    }


PROGRAM = Program(
    name="tucker_core",
    family="tensor",
    program=tucker_core,
    sizes={
        "S": {"NI": 48, "NJ": 44, "NK": 40, "RANK": 12},
        "M": {"NI": 160, "NJ": 140, "NK": 120, "RANK": 24},
    },
    make_inputs=make_inputs,
    reference=reference,
    outputs=("core",),
    description="a 3-D tensor contracted along all three axes",
)
