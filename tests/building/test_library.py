from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from dace_transfer.building.library import open_library

_SETTING = "OPENBLAS_THREAD_TIMEOUT"
_SOURCE = """
#include <stdlib.h>
static int setting;
__attribute__((constructor)) static void load(void) {
    setting = getenv("OPENBLAS_THREAD_TIMEOUT") ? atoi(getenv("OPENBLAS_THREAD_TIMEOUT")) : -1;
}
int seen(void) { return setting; }
"""


@pytest.fixture
def library(tmp_path: Path) -> Path:
    source, path = tmp_path / "seen.c", tmp_path / "seen.so"
    source.write_text(_SOURCE)
    subprocess.run([os.environ.get("CC", "cc"), "-shared", "-fPIC", source, "-o", path], check=True)
    return path


@pytest.mark.parametrize(("given", "seen"), [(None, 4), ("26", 26)])
def test_libraries_see_the_setting_while_they_are_loaded_and_nobody_else_does(
    library: Path, monkeypatch: pytest.MonkeyPatch, given: str | None, seen: int
) -> None:
    monkeypatch.delenv(_SETTING, raising=False)
    if given is not None:
        monkeypatch.setenv(_SETTING, given)
    assert open_library(library).seen() == seen
    assert os.environ.get(_SETTING) == given


def test_a_file_that_is_no_library_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="missing"):
        open_library(tmp_path / "missing.so")
