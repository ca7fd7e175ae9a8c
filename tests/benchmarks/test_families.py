"""Families of the programs of NPBench are families of ours."""

from benchmarks.families import families_of
from benchmarks.programs import PROGRAMS


def test_families_that_are_left_out_exist() -> None:
    known = {program.family for program in PROGRAMS.values()}
    several = ("atax", "lenet", "softmax", "vadv", "hdiff", "nbody", "spmv", "stockham_fft", "durbin")
    assert all(families_of(program) and known.issuperset(families_of(program)) for program in several)
    assert families_of("mlp") == ("gemm", "softmax")
    assert families_of("absent") == ()
