"""An installation holds every file of the source tree, each once."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def committed() -> set[str]:
    """Files of the package as git knows them, under the names they are imported by."""
    listed = subprocess.run(
        ["git", "ls-tree", "-r", "--name-only", "HEAD", "dace_transfer", "transformations", "embeddings"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    files = {name if name.startswith("dace_transfer/") else f"dace_transfer/{name}" for name in listed}
    return files - {"dace_transfer/transformations", "dace_transfer/embeddings"}


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="compares with what git holds")
def test_a_wheel_holds_every_file_once(tmp_path: Path) -> None:
    source = tmp_path / "source"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(source)], check=True)
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        str(tmp_path),
    ]
    subprocess.run([*command, str(source)], check=True, capture_output=True, timeout=300)
    [wheel] = tmp_path.glob("*.whl")
    names = [name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name]
    assert len(names) == len(set(names))
    assert {name.split("/")[0] for name in names} == {"dace_transfer"}
    assert committed() - set(names) == set()
