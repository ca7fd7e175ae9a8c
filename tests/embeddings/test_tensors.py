"""Files of weights come back as they were written, and nothing else comes back."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from dace_transfer.embeddings.tensors import read_tensors, write_tensors
from dace_transfer.errors import StoreError

ARRAYS = {
    "weights": np.arange(6, dtype=np.float32).reshape(2, 3),
    "a scalar": np.array(7),
    "nothing": np.zeros((0, 4), np.float32),
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    write_tensors(tmp_path / "some.safetensors", ARRAYS, {"about": "a test"})
    return tmp_path / "some.safetensors"


def test_what_is_written_is_read(file: Path, tmp_path: Path) -> None:
    arrays, about = read_tensors(file)
    assert about == {"about": "a test"} and arrays.keys() == ARRAYS.keys()
    assert all(np.array_equal(arrays[name], ARRAYS[name]) and arrays[name].dtype == ARRAYS[name].dtype for name in ARRAYS)
    write_tensors(tmp_path / "again", dict(reversed(ARRAYS.items())), {"about": "a test"})
    assert (tmp_path / "again").read_bytes() == file.read_bytes()


def test_the_format_is_that_of_safetensors(file: Path) -> None:
    content = file.read_bytes()
    size = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + size])
    assert (8 + size) % 8 == 0
    assert header["weights"]["dtype"] == "F32" and header["weights"]["shape"] == [2, 3]
    begin, end = header["weights"]["data_offsets"]
    assert np.frombuffer(content[8 + size :][begin:end], "<f4").tolist() == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize("cut", [0, 4, 40, -1])
def test_what_is_damaged_is_refused(file: Path, cut: int) -> None:
    file.write_bytes(file.read_bytes()[:cut])
    with pytest.raises(StoreError, match="does not hold the weights"):
        read_tensors(file)


def test_places_outside_and_other_types_are_refused(file: Path, tmp_path: Path) -> None:
    for old, new in ((b'"shape":[2,3]', b'"shape":[2,4]'), (b'"F32"', b'"F64"')):
        (tmp_path / "other").write_bytes(file.read_bytes().replace(old, new))
        with pytest.raises(StoreError, match="does not hold the weights"):
            read_tensors(tmp_path / "other")
    with pytest.raises(StoreError, match="float64"):
        write_tensors(tmp_path / "other", {"wide": np.zeros(2)}, {})


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"nowhere\.safetensors"):
        read_tensors(tmp_path / "nowhere.safetensors")
