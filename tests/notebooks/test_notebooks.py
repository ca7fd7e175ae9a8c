"""Every notebook runs from top to bottom."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DACE_TRANSFER_DATABASE", str(tmp_path / "records.db"))
    monkeypatch.setenv("DACE_TRANSFER_CACHE", str(tmp_path / "cache"))
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    page = shown(notebook, "softmax.report")["text/html"]
    assert "<table>" in page and "<script" not in page
    assert float(shown(notebook, "float(np.abs(y - expected).max())")["text/plain"]) < 1e-6


def shown(notebook: nbformat.NotebookNode, line: str) -> dict[str, str]:
    """What the cell that ends with a line displays."""
    cell = next(cell for cell in notebook.cells if cell.source.endswith(line))
    return next(output.data for output in cell.outputs if output.output_type == "execute_result")


def test_there_are_notebooks() -> None:
    assert NOTEBOOKS
