"""Whole programs."""

import importlib
import pkgutil

import benchmarks.programs

LEFT = {"cross_entropy", "histogram", "self_energy", "spmv", "vertical_diffusion"}
"""Programs that read indices or bounds from containers, or have loops under conditions."""


def test_benchmark_programs_are_read_except_for_what_depends_on_data(raised, opaques):
    names = [module.name for module in pkgutil.iter_modules(benchmarks.programs.__path__) if module.name != "base"]
    left = set()
    for name in names:
        computation = raised(importlib.import_module(f"benchmarks.programs.{name}").PROGRAM.program)
        assert computation.body, name
        assert computation.pinned <= computation.containers.keys()
        if opaques(computation):
            left.add(name)
    assert left == LEFT
