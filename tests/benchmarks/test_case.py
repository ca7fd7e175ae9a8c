"""Cases of both suites, and how results are compared."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.case import Case, Tolerance, disagreement
from benchmarks.suites import Examples, NPBench
from dace_transfer.errors import DaceTransferError


def double(values: np.ndarray) -> None:
    values *= 2


@pytest.fixture
def case() -> Case:
    return Case("double", (), lambda: None, {"values": np.ones(4), "N": 4}, double, ["values"], (), Tolerance())


def test_without_outputs_what_the_reference_changes_is_compared(case: Case) -> None:
    expected = case.expected()
    assert list(expected) == ["values"]
    assert np.array_equal(case.arguments["values"], np.ones(4))
    assert disagreement(case, expected, {"values": np.full(4, 2.0)}) == ""
    assert "'values' differs" in disagreement(case, expected, {"values": np.ones(4)})


def test_what_is_returned_is_compared_under_dace_names(case: Case) -> None:
    one = replace(case, reference=lambda values: values.sum())
    several = replace(case, reference=lambda values: (values.sum(), values.max()))
    assert list(one.expected()) == ["__return"]
    assert list(several.expected()) == ["__return_0", "__return_1"]


def test_nan_other_shapes_and_nothing_at_all_disagree(case: Case) -> None:
    expected = case.expected()
    assert disagreement(case, expected, {"values": np.full(4, np.nan)})
    assert disagreement(case, expected, {"values": np.full(5, 2.0)})
    assert "Nothing could be compared" in disagreement(case, expected, {"other": np.full(4, 2.0)})


def test_small_differences_are_within_the_norm(case: Case) -> None:
    found = {"values": np.full(4, 2.0 + 1e-7)}
    assert disagreement(case, case.expected(), found) == ""
    assert disagreement(replace(case, tolerance=Tolerance(norm=1e-9)), case.expected(), found)


def test_every_example_can_be_loaded() -> None:
    suite = Examples()
    for name in suite.names():
        example = suite.load(name, "S")
        assert set(example.outputs) <= set(example.reference_arguments) <= set(example.arguments)


def test_npbench_cases_are_read_from_the_checkout(checkout: Path) -> None:
    suite = NPBench(checkout)
    assert suite.names() == ["crashing", "hanging", "right", "wrong"]
    loaded = suite.load("right", "S")
    expected = loaded.expected()
    assert expected["__return"] == np.arange(1000).sum()
    assert np.array_equal(expected["result"], 3.0 * np.arange(1000))
    assert loaded.load_program().name.endswith("kernel")


def test_unknown_names_and_presets_are_told(checkout: Path) -> None:
    with pytest.raises(DaceTransferError, match="no benchmark 'absent'"):
        NPBench(checkout).load("absent", "S")
    with pytest.raises(DaceTransferError, match="no preset 'XL'; it has S"):
        NPBench(checkout).load("right", "XL")
    with pytest.raises(DaceTransferError, match="expected a checkout of NPBench"):
        NPBench(checkout / "nowhere").names()
