"""Arrays in files of the safetensors format, which hold numbers and text and can run nothing.

A file is the length of a header (8 bytes, little endian), the header (JSON: type, shape and place of every array, and
text under "__metadata__") and the numbers, one array after the other. See
https://huggingface.co/docs/safetensors/index#format.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from dace_transfer.errors import StoreError

Arrays: TypeAlias = Mapping[str, NDArray[Any]]

_TYPES = {"F32": np.dtype("<f4"), "I64": np.dtype("<i8")}
_METADATA = "__metadata__"
_LARGEST = 10 * 2**20  # Bytes; a file that is larger is none of ours.


def write_tensors(file: Path, arrays: Arrays, metadata: Mapping[str, str]) -> None:
    """Write arrays of float32 or int64, in the order of their names; the file appears as a whole or not at all.

    Raises:
        StoreError: An array has another type, or they are larger than what is read back.
    """
    header: dict[str, Any] = {_METADATA: dict(sorted(metadata.items()))}
    numbers = b""
    for name, array in sorted(arrays.items()):
        data = np.ascontiguousarray(array).astype(_TYPES[_type_of(array)], copy=False).tobytes()
        place = [len(numbers), len(numbers) + len(data)]
        header[name] = {"dtype": _type_of(array), "shape": list(array.shape), "data_offsets": place}
        numbers += data
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    content = len(text).to_bytes(8, "little") + text + numbers
    if len(content) > _LARGEST:
        raise StoreError(f"Weights take {len(content)} bytes; at most {_LARGEST} can be read back, so train fewer.")
    part = file.with_name(file.name + ".part")
    part.write_bytes(content)
    part.replace(file)


def read_tensors(file: Path) -> tuple[dict[str, NDArray[Any]], dict[str, str]]:
    """Read the arrays and the text of a file; other types of numbers than are written are refused.

    Raises:
        StoreError: There is no such file, or it is damaged.
    """
    try:
        if file.stat().st_size > _LARGEST:
            raise ValueError("it is too large")
        content = file.read_bytes()
        begin = 8 + int.from_bytes(content[:8], "little")
        header: dict[str, Any] = json.loads(content[8:begin])
        metadata = dict(header.pop(_METADATA, {}))
        return {name: _array(entry, content[begin:]) for name, entry in header.items()}, metadata
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise StoreError(f"'{file}' does not hold the weights of an encoder: {error}.") from error


def _type_of(array: NDArray[Any]) -> str:
    found = next((name for name, dtype in _TYPES.items() if array.dtype == dtype), None)
    if found is None:
        raise StoreError(f"Weights are of float32 or int64, got {array.dtype}.")
    return found


def _array(entry: Mapping[str, Any], numbers: bytes) -> NDArray[Any]:
    dtype, shape, (begin, end) = _TYPES[entry["dtype"]], tuple(entry["shape"]), entry["data_offsets"]
    if not 0 <= begin <= end <= len(numbers) or end - begin != math.prod(shape) * dtype.itemsize:
        raise ValueError("a place in it is wrong")
    return np.frombuffer(numbers[begin:end], dtype).reshape(shape).copy()
