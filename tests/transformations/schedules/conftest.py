"""The fixtures that write and execute computations are those of the tests of normalisation."""

import importlib.util
from pathlib import Path

_FILE = Path(__file__).parents[1] / "normalization" / "conftest.py"
_SPEC = importlib.util.spec_from_file_location("computations_as_text", _FILE)
assert _SPEC is not None and _SPEC.loader is not None
_MODULE = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_MODULE)

read, execute, same = _MODULE.read, _MODULE.execute, _MODULE.same
