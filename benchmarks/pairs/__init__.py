"""Computations that are each written three ways, to see whether the way of writing matters after tuning."""

from __future__ import annotations

from benchmarks.pairs import (
    atax,
    bicg,
    correlation,
    covariance,
    fdtd_2d,
    gemm,
    gemver,
    gesummv,
    heat_3d,
    jacobi_2d,
    mvt,
    syr2k,
    syrk,
    three_mm,
    two_mm,
)
from benchmarks.programs.base import Program

KERNELS: dict[str, dict[str, Program]] = {
    kernel["A"].family: kernel
    for kernel in (
        two_mm.KERNEL,
        three_mm.KERNEL,
        atax.KERNEL,
        bicg.KERNEL,
        correlation.KERNEL,
        covariance.KERNEL,
        fdtd_2d.KERNEL,
        gemm.KERNEL,
        gemver.KERNEL,
        gesummv.KERNEL,
        heat_3d.KERNEL,
        jacobi_2d.KERNEL,
        mvt.KERNEL,
        syr2k.KERNEL,
        syrk.KERNEL,
    )
}
