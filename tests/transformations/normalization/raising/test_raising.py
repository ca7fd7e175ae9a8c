"""Whole programs."""

from benchmarks.programs import PROGRAMS

DEPENDENT = {
    "charge_deposition",
    "histogram",
    "histogram2d",
    "knapsack",
    "particle_push",
    "self_energy",
    "sparse_normalise",
    "vertical_diffusion",
}
"""Programs that write or skip what an index read from a container says, or have loops under conditions."""

UNREAD = {"average_pool", "four_step_fft", "group_norm"}
"""Programs with views that mean several things, or constants written in C++."""


def test_benchmark_programs_are_read_except_for_those_named(raised, opaques):
    left = set()
    for name, program in PROGRAMS.items():
        computation = raised(program.program)
        assert computation.body, name
        assert computation.pinned <= computation.containers.keys()
        if opaques(computation):
            left.add(name)
    assert left == DEPENDENT | UNREAD
