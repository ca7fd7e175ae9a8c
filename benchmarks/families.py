"""Which of our programs' families compute what a program of NPBench does, so that records of them can be left out."""

from __future__ import annotations

from collections.abc import Mapping

BY_FAMILY: Mapping[str, str] = {
    "advection": "vadv",
    "convolution": "conv2d_bias lenet resnet",
    "covariance": "correlation covariance covariance2",
    "dynamic_programming": "nussinov",
    "elementwise": "arc_distance compute",
    "escape_time": "mandelbrot1 mandelbrot2",
    "factorisation": "cholesky cholesky2 gramschmidt lu ludcmp trisolv",
    "fourier": "stockham_fft",
    "gemm": "contour_integral gemm k2mm k3mm lenet mlp symm syr2k syrk trmm",
    "graph": "floyd_warshall",
    "histogram": "azimint_hist",
    "limited_diffusion": "hdiff",
    "masked_sum": "azimint_hist azimint_naive",
    "matvec": "atax bicg gemver gesummv mvt",
    "normalisation": "resnet",
    "pairwise": "nbody",
    "pooling": "lenet",
    "quadrature": "go_fast",
    "quantum": "contour_integral scattering_self_energies",
    "recurrence": "crc16 deriche durbin",
    "scan": "deriche",
    "shortest_paths": "floyd_warshall",
    "small_matmul": "doitgen scattering_self_energies",
    "softmax": "mlp softmax",
    "sparse": "spmv",
    "stencil": "adi cavity_flow channel_flow fdtd_2d hdiff heat_3d jacobi_1d jacobi_2d seidel_2d",
    "tensor": "doitgen",
    "tridiagonal": "adi vadv",
}
"""By family of ours, names of NPBench's programs."""


def families_of(program: str) -> tuple[str, ...]:
    """Families that a program of NPBench belongs to; none where it is not known."""
    return tuple(family for family, programs in BY_FAMILY.items() if program in programs.split())
