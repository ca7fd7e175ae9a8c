"""A 3-D tensor times the Khatri-Rao product of two factor matrices."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

NI, NJ, NK, RANK = (dace.symbol(name) for name in ("NI", "NJ", "NK", "RANK"))


@dace.program
def khatri_rao(
    tensor: dace.float64[NI, NJ, NK],
    second: dace.float64[NJ, RANK],
    third: dace.float64[NK, RANK],
    result: dace.float64[NI, RANK],
) -> None:
    pairs = np.empty((NJ, NK, RANK), dtype=np.float64)
    for j, k, r in dace.map[0:NJ, 0:NK, 0:RANK]:
        pairs[j, k, r] = second[j, r] * third[k, r]
    result[:] = np.reshape(tensor, (NI, NJ * NK)) @ np.reshape(pairs, (NJ * NK, RANK))


def reference(tensor: np.ndarray, second: np.ndarray, third: np.ndarray, result: np.ndarray) -> None:
    result[:] = np.einsum("ijr,jr->ir", tensor @ third, second)


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    ni, nj, nk, rank = sizes["NI"], sizes["NJ"], sizes["NK"], sizes["RANK"]
    return {
        "tensor": rng.random((ni, nj, nk)),
        "second": rng.random((nj, rank)),
        "third": rng.random((nk, rank)),
        "result": np.zeros((ni, rank)),
    }


PROGRAM = Program(
    name="khatri_rao",
    family="tensor",
    program=khatri_rao,
    sizes={
        "S": {"NI": 60, "NJ": 48, "NK": 40, "RANK": 24},
        "M": {"NI": 200, "NJ": 160, "NK": 120, "RANK": 40},
    },
    make_inputs=make_inputs,
    reference=reference,
    outputs=("result",),
    description="matricised tensor times Khatri-Rao product, through a product of matrices",
)
