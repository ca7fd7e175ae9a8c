"""The description of this machine follows what the system and the environment say."""

from __future__ import annotations

from pathlib import Path

import pytest

from dace_transfer import hardware
from dace_transfer.compiler import build_and_run, compiler_version, find_compiler
from dace_transfer.errors import BuildError, RunError


def test_the_description_is_repeatable_and_complete() -> None:
    target = hardware.describe_cpu()
    assert target == hardware.describe_cpu()
    assert target.kind == "cpu"
    assert target.model
    assert target.threads >= 1
    assert target.compiler.split()[0] in ("gcc", "clang")
    assert "-march=native" in target.flags
    assert "-Wall" not in target.flags
    assert list(target.caches) == sorted(target.caches)


def test_threads_and_wait_policy_belong_to_the_identity(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "3,2")
    monkeypatch.setenv("OMP_WAIT_POLICY", "ACTIVE")
    three = hardware.describe_cpu(flags="-O3")
    assert (three.threads, three.wait_policy, three.flags) == (3, "active", "-O3")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert hardware.describe_cpu(flags="-O3").digest != three.digest


def test_cpus_without_a_model_name_and_caches_are_described(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    info = tmp_path / "cpuinfo"
    info.write_text(
        "processor\t: 0\nFeatures\t: fp asimd sve\nCPU implementer\t: 0x41\nCPU part\t: 0xd40\n\nprocessor\t: 1\n"
    )
    monkeypatch.setattr(hardware, "_CPU_INFO", info)
    monkeypatch.setattr(hardware, "_CACHES", tmp_path / "none")
    hardware._cpu_info.cache_clear()
    try:
        target = hardware.describe_cpu(flags="")
    finally:
        hardware._cpu_info.cache_clear()
    assert target.isa == ("asimd", "sve")
    assert "0xd40" in target.model
    assert target.caches == ()


def test_cache_levels_leave_instructions_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    levels = [("1", "Data", "48K"), ("1", "Instruction", "32K"), ("3", "Unified", "48M"), ("2", "Unified", "1280K")]
    for number, (level, kind, size) in enumerate(levels):
        folder = tmp_path / f"index{number}"
        folder.mkdir()
        for name, text in (("level", level), ("type", kind), ("size", size)):
            (folder / name).write_text(text + "\n")
    monkeypatch.setattr(hardware, "_CACHES", tmp_path)
    assert hardware.describe_cpu(flags="").caches == (48 << 10, 1280 << 10, 48 << 20)


def test_the_compiler_follows_cxx_and_its_absence_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXX", "g++ -m64")
    assert find_compiler().endswith("g++")
    monkeypatch.setenv("CXX", "no-such-compiler")
    with pytest.raises(BuildError, match=r"apt-get install g\+\+"):
        find_compiler()


def test_failures_of_small_programs_say_which_half_failed(tmp_path: Path) -> None:
    assert compiler_version(find_compiler())[-1].isdigit()
    with pytest.raises(BuildError, match="error"):
        build_and_run("int main() { return nothing; }", tmp_path)
    with pytest.raises(RunError, match="status 3"):
        build_and_run("int main() { return 3; }", tmp_path)
