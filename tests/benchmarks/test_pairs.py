"""Computations that are written three ways: every form is right through plain DaCe, and the forms differ."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

import pytest

from benchmarks import versions
from benchmarks.case import Case, disagreement
from benchmarks.pairs import KERNELS
from benchmarks.pairs.forms import FORMS
from benchmarks.suites import PAIRS, open_suite
from dace_transfer.building.binary import Binary, Failure
from dace_transfer.building.builder import Builder
from dace_transfer.measure.inputs import save_arguments
from dace_transfer.transformations.normalization import normalize
from dace_transfer.tuner.arguments import infer_sizes
from dace_transfer.tuner.parsing import parse
from dace_transfer.workload import workload_of

NAMES = open_suite(PAIRS).names()


@pytest.fixture(scope="module")
def binaries(builder: Builder) -> dict[str, Binary | Failure]:
    programs = [versions.simplified(parse(load(name).load_program())) for name in NAMES]
    return dict(zip(NAMES, builder.build(programs), strict=True))


def load(name: str) -> Case:
    return open_suite(PAIRS).load(name, "S")


@pytest.mark.parametrize("name", NAMES)
def test_a_form_agrees_with_the_reference(name: str, binaries: dict[str, Binary | Failure], tmp_path: Path) -> None:
    case, binary = load(name), binaries[name]
    assert isinstance(binary, Binary), binary
    sizes = infer_sizes(parse(case.load_program()), case.arguments)
    expected = case.expected()
    found = versions.results(binary, save_arguments({**case.arguments, **sizes}, tmp_path), list(expected))
    assert set(expected) <= set(found)
    assert disagreement(case, expected, found) == ""


@pytest.mark.parametrize("name", KERNELS)
def test_the_reference_changes_every_output(name: str) -> None:
    case = load(f"{name}-A")
    for output, value in case.expected().items():
        assert disagreement(case, {output: value}, {output: case.arguments[output]})


@pytest.mark.parametrize("name", KERNELS)
def test_forms_take_the_same_arguments_and_are_written_differently(name: str) -> None:
    forms = KERNELS[name]
    assert list(forms) == list(FORMS)
    functions = [program.program.f for program in forms.values()]
    assert len({str(inspect.signature(function)) for function in functions}) == 1
    assert len({anonymous(inspect.getsource(function)) for function in functions}) == len(FORMS)


@pytest.mark.parametrize("name", sorted(KERNELS.keys() - {"correlation"}))  # It centres its data in two ways.
def test_the_normal_form_does_not_depend_on_how_a_computation_is_written(name: str) -> None:
    cases = [load(f"{name}-{form}") for form in FORMS]
    programs = [parse(case.load_program()) for case in cases]
    sizes = [infer_sizes(program, case.arguments) for program, case in zip(programs, cases, strict=True)]
    workloads = [workload_of(normalize(program), values) for program, values in zip(programs, sizes, strict=True)]
    assert len({workload.digest for workload in workloads}) == 1


def anonymous(source: str) -> str:
    """The body of a function without its names, so that forms that differ only in them are equal."""
    body = ast.parse(source).body[0].body  # type: ignore[attr-defined]
    for node in ast.walk(ast.Module(body, [])):
        if isinstance(node, ast.Name):
            node.id = "name"
    return "\n".join(map(ast.unparse, body))
