"""Whatever fails, the program runs, right, and one warning says why."""

from __future__ import annotations

import shutil
import warnings

import dace
import numpy as np
import pytest

import dace_transfer
from dace_transfer.errors import BuildError, NoRecordError
from dace_transfer.program import making

N = dace.symbol("N")


@dace.program
def triple(x: dace.float64[N]):
    return x * 3


def tell(value):
    print(value)


@dace.program
def calling_back(x: dace.float64[4]):
    tell(x)
    x += 1


def _call(program, *args):
    """The result, and our own warnings."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = program(*args)
    ours = [item for item in caught if "tuned" in str(item.message)]
    assert all(item.filename == __file__ for item in ours)
    return result, [str(item.message) for item in ours]


def test_a_failing_tuner_means_auto_optimize_and_one_warning(tuner):
    tuner.error = RuntimeError("the moon is full")
    program = dace_transfer.autotune(triple)
    result, messages = _call(program, np.ones(4))
    np.testing.assert_array_equal(result, [3] * 4)
    assert len(messages) == 1 and "the moon is full" in messages[0] and "auto_optimize" in messages[0]
    assert program.report.used == "auto_optimize" and "the moon is full" in program.report.reason
    assert _call(program, np.ones(4))[1] == []
    # It is not kept: the next process tries again.
    tuner.error = None
    assert _call(dace_transfer.autotune(triple), np.ones(4))[1] == []
    assert len(tuner.calls) == 2


def test_a_miss_of_replay_is_an_error(tuner):
    tuner.error = NoRecordError("The database holds nothing for it.")
    with pytest.raises(NoRecordError):
        dace_transfer.autotune(mode="replay")(triple)(np.ones(4))


def test_a_failing_build_of_the_tuned_and_the_optimized_means_simplified(tuner, monkeypatch):
    build = making._build
    failures = iter([BuildError("first"), BuildError("second"), None])

    def failing(subject, sdfg):
        error = next(failures)
        if error is not None:
            raise error
        return build(subject, sdfg)

    monkeypatch.setattr(making, "_build", failing)
    program = dace_transfer.autotune(triple)
    result, messages = _call(program, np.ones(4))
    np.testing.assert_array_equal(result, [3] * 4)
    assert len(messages) == 1 and "simplified" in messages[0] and "first" in messages[0]


def test_where_nothing_can_be_built_dace_runs_it(tuner, monkeypatch):
    def failing(subject, sdfg):
        raise BuildError("no builder")

    monkeypatch.setattr(making, "_build", failing)
    program = dace_transfer.autotune(triple)
    for _ in range(2):
        result, messages = _call(program, np.ones(4))
        np.testing.assert_array_equal(result, [3] * 4)
    assert messages == []


def test_callbacks_are_left_to_dace(tuner, capfd):
    x = np.zeros(4)
    _, messages = _call(dace_transfer.autotune(calling_back), x)
    np.testing.assert_array_equal(x, [1] * 4)
    assert len(messages) == 1 and "callback" in messages[0]
    assert not tuner.calls and "0." in capfd.readouterr().out


def _entries(tmp_path):
    return list((tmp_path / "cache" / "programs").iterdir())


@pytest.mark.parametrize("damage", ["library", "abi", "report", "truncated", "empty"])
def test_damaged_entries_are_made_again(tuner, tmp_path, damage):
    assert _call(dace_transfer.autotune(triple), np.ones(4))[1] == []
    (entry,) = _entries(tmp_path)
    names = {"library": "libprogram.so", "abi": "entry.json", "report": "report.json", "truncated": "libprogram.so"}
    if damage == "empty":
        shutil.rmtree(entry)
        entry.mkdir()
    else:
        file = entry / names[damage]
        content = file.read_bytes()
        file.unlink()  # The library may be loaded; its pages must not change.
        file.write_bytes(content[:100] if damage == "truncated" else b"{}")
    result, messages = _call(dace_transfer.autotune(triple), np.ones(4))
    np.testing.assert_array_equal(result, [3] * 4)
    assert len(messages) == 1 and "damaged" in messages[0]
    assert len(tuner.calls) == 2
    assert _call(dace_transfer.autotune(triple), np.ones(4))[1] == []
    assert len(tuner.calls) == 2


def test_a_cache_that_cannot_be_written_costs_one_warning(tuner, tmp_path):
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "programs").write_text("in the way")
    result, messages = _call(dace_transfer.autotune(triple), np.ones(4))
    np.testing.assert_array_equal(result, [3] * 4)
    assert len(messages) == 1 and "kept" in messages[0]


def test_an_interrupted_build_leaves_no_entry(tuner, tmp_path, monkeypatch):
    def interrupted(*paths):
        raise KeyboardInterrupt

    monkeypatch.setattr(shutil, "copyfile", interrupted)
    with pytest.raises(KeyboardInterrupt):
        dace_transfer.autotune(triple)(np.ones(4))
    monkeypatch.undo()
    assert _entries(tmp_path) == []
