"""What one process tuned, another calls without tuning or parsing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_PROGRAM = """
import sys
import numpy as np
import dace
from dace.frontend.python.parser import DaceProgram
sys.path.insert(0, {here!r})
from dace_transfer.program import making
from dace_transfer.program.decorator import autotune
from conftest import StandInTuner
tuner = StandInTuner()
making.load_tuner = lambda: tuner
if sys.argv[1] == "second":
    def parse(*args, **kwargs):
        raise AssertionError("It was parsed.")
    DaceProgram._parse = parse
N = dace.symbol("N")
SCALE = float(sys.argv[2])
OFFSET = np.full(5, 100.0)

@autotune
@dace.program
def program(x: dace.float64[N], offset: dace.compiletime, k: dace.float64 = 2.0):
    return x * SCALE * k + offset

@autotune
@dace.program
def with_array(x: dace.float64[5]):
    return x + OFFSET

print(program(np.ones(3), 1)[0], program(np.ones(4), offset=1, k=3.0)[3], with_array(np.ones(5))[0])
print(len(tuner.calls), program.report.used, program.tuned_sdfg.name, "dace_transfer.tuner" in sys.modules)
"""


def _run(tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    script = tmp_path / "script.py"
    script.write_text(_PROGRAM.format(here=str(Path(__file__).parent)))
    return subprocess.run(
        [sys.executable, "-W", "error::UserWarning:__main__", str(script), *arguments],
        cwd=tmp_path,
        env={"DACE_TRANSFER_CACHE": str(tmp_path / "cache"), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_the_second_process_neither_tunes_nor_parses(tmp_path):
    first = _run(tmp_path, "first", "2")
    assert first.returncode == 0, first.stderr
    assert first.stdout.splitlines() == ["5.0 7.0 101.0", "3 tuned program False"]
    second = _run(tmp_path, "second", "2")
    assert second.returncode == 0, second.stderr
    assert second.stdout.splitlines() == ["5.0 7.0 101.0", "0 tuned program False"]
    # The other value is found out before parsing, which then fails: nothing stale is used.
    changed = _run(tmp_path, "second", "4")
    assert changed.returncode != 0 and "It was parsed." in changed.stderr
