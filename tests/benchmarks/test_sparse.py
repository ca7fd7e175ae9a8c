"""Products of sparse and dense matrices of several densities and widths."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from benchmarks.case import disagreement
from benchmarks.peers import PEERS, environment
from benchmarks.suites import SPARSE, open_suite
from dace_transfer.errors import DaceTransferError


def test_densities_and_widths_are_what_names_say() -> None:
    suite = open_suite(SPARSE)
    assert len(suite.names()) == 6
    for name in suite.names():
        _, density, width = name.split("-")
        arguments = suite.load(name, "S").arguments
        assert arguments["dense"].shape == (2000, int(width))
        assert len(arguments["values"]) == round(float(density.strip("%")) / 100 * 2000**2)


def test_the_reference_multiplies() -> None:
    case = open_suite(SPARSE).load("spmm-0.01%-16", "S")
    starts, columns, values, dense = (case.arguments[name] for name in ("starts", "columns", "values", "dense"))
    matrix = np.zeros((2000, 2000), np.float32)
    np.add.at(matrix, (np.repeat(np.arange(2000), np.diff(starts)), columns), values)
    np.testing.assert_allclose(case.expected()["result"], matrix @ dense, rtol=1e-5)


def test_mkl_gives_the_same_or_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment(1, tmp_path).items():
        monkeypatch.setenv(name, value)
    case = open_suite(SPARSE).load("spmm-0.1%-16", "S")
    (version,) = PEERS["sparse_dot_mkl"].versions
    if importlib.util.find_spec("sparse_dot_mkl") is None:
        with pytest.raises(DaceTransferError, match="pip install"):
            case.peers[version]()
        return
    arguments = case.fresh_arguments()
    case.peers[version]()(*arguments)
    found = dict(zip(case.reference_arguments, arguments, strict=True))
    assert not disagreement(case, case.expected(), found)
