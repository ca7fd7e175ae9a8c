"""Families of the programs of NPBench are families of ours."""

from benchmarks.families import BY_FAMILY, families_of
from benchmarks.programs import PROGRAMS


def test_families_that_are_left_out_exist() -> None:
    assert BY_FAMILY.keys() <= {program.family for program in PROGRAMS.values()}
    assert families_of("mlp") == ("gemm", "softmax")
    assert families_of("azimint_hist") == ("histogram", "masked_sum")
    assert families_of("absent") == ()
