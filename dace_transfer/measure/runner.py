"""The running child: loads binaries and runs them until it is ended. Imports NumPy, but neither DaCe nor SciPy."""

from __future__ import annotations

import resource
from pathlib import Path
from typing import Any

from dace_transfer.building.binary import Binary, from_json
from dace_transfer.measure import inputs
from dace_transfer.measure.timing import time_binary
from dace_transfer.measure.trial import Bounds, run_trial
from dace_transfer.serving import Reply, Request, serve


def handle(request: Request, reply: Reply) -> None:
    """Answer one request: `{"op": "time", ...}` or `{"op": "trial", ...}`; see `dace_transfer.measure.running`."""
    limit = request["memory"]
    resource.setrlimit(resource.RLIMIT_AS, (limit, resource.getrlimit(resource.RLIMIT_AS)[1]))
    data = inputs.from_json(request["inputs"])
    try:
        if request["op"] == "time":
            answer = time_binary(
                _binary(request["binary"]), data, request["batches"], request["batch_seconds"], request["calls"]
            )
            reply(answer)
            return
        reference = request["reference"]
        run_trial(
            _binary(request["baseline"]),
            None if reference is None else _binary(reference),
            {who: _binary(item) for who, item in request["candidates"].items()},
            data,
            Bounds(request["tolerance"], request["cap"]),
            request["budget"],
            request["allowance"],
            reply,
        )
    except MemoryError as error:
        reply({"kind": "memory", "reason": f"It needs more than {limit / 2**30:.1f} GiB: {error}"})


def _binary(data: dict[str, Any]) -> Binary:
    return from_json(data, Path(data["library"]))


def main() -> None:
    """Serve runs until the parent ends."""
    serve(handle)
