"""One differential trial, inside the running child: the baseline, then every candidate on the same data."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dace_transfer.building.binary import Binary
from dace_transfer.errors import RunError
from dace_transfer.measure.arena import Arena, furnish
from dace_transfer.measure.buffers import CANARIES, Array
from dace_transfer.measure.calling import Program
from dace_transfer.measure.differences import difference, informative, perturbed
from dace_transfer.measure.inputs import Inputs
from dace_transfer.serving import Reply

_OWN_ERRORS = 4.0
_SENSITIVITIES = 16.0
_SLOWEST_PERTURBED = 2.0
_FEWEST_ROUNDS = 3
_MOST_ROUNDS = 10
_PATIENCE = 10.0
_SHORTEST_SAMPLE = 5e-4
_MOST_CALLS = 200
_HOPELESS = 3.0
_CHEAP = 0.02
_ENDLESS = 10.0
_FEWEST_JUDGED = 3


@dataclass(frozen=True)
class Bounds:
    """How large an error may be.

    Attributes:
        tolerance: Always allowed.
        cap: Errors up to this tell something. Where the baseline's own are larger, as in a chaotic system, as much
            is allowed, and agreement proves nothing.
    """

    tolerance: float
    cap: float


@dataclass(frozen=True)
class Expectation:
    """What the baseline made of the data, and how sure that is.

    Attributes:
        results: Every array after the run.
        exact: The same in higher precision, where there is a reference.
        allowed: Largest error that counts as equal, per array.
        blurred: Arrays whose agreement proves nothing, since the baseline's own errors are beyond the cap.
    """

    results: Mapping[str, Array]
    exact: Mapping[str, Array]
    allowed: Mapping[str, float]
    blurred: Sequence[str] = ()


def run_trial(
    baseline: Binary,
    reference: Binary | None,
    candidates: Mapping[str, Binary],
    inputs: Inputs,
    bounds: Bounds,
    budget: float,
    allowance: float | None,
    reply: Reply,
) -> None:
    """Run one trial and reply as it goes, so that the parent knows whom to blame for a crash.

    Replies: `{"event": "running", "who"}` before anything runs; `{"event": "baseline", ...}` once; then
    `{"event": "judged", "who", "kind", "reason", "error", "allowed", "seconds"}` and, with a time budget,
    `{"event": "timed", "samples": {who: [...]}}` followed by a second `judged` for each that was timed to the end;
    last `{"event": "done"}`. After `allowance` seconds no further candidate is begun; nothing is said of those left.
    """
    start = time.perf_counter()
    reply({"event": "running", "who": "baseline"})
    try:
        arena = furnish(baseline.arguments, inputs)
        arena.use_canary(CANARIES[inputs.seed % len(CANARIES)])
        program = arena.load(baseline)
        seconds = _timed(program)
        if arena.overrun():
            raise RunError(f"It writes outside of {', '.join(arena.overrun())}.")
        expectation, useful = _expect(arena, program, reference, inputs, bounds, seconds, reply)
    except RunError as error:
        reply({"event": "baseline", "problem": str(error)})
        reply({"event": "done"})
        return
    facts = {"seconds": seconds, "informative": useful, "blurred": expectation.blurred}
    reply({"event": "baseline", "problem": None, **facts})
    until = float("inf") if allowance is None else start + allowance
    programs, first = _judge_all(arena, candidates, expectation, until, reply)
    if budget > 0 and programs:
        samples = _interleave(arena, {"baseline": program, **programs}, budget, reply, {"baseline": seconds, **first})
        reply({"event": "timed", "samples": samples})
        for who, candidate in _still_timed(programs, samples).items():
            reply({"event": "running", "who": who})
            reply(_judge(arena, candidate, expectation, "when run again, ") | {"who": who})
    reply({"event": "done"})


def _expect(
    arena: Arena,
    program: Program,
    reference: Binary | None,
    inputs: Inputs,
    bounds: Bounds,
    seconds: float,
    reply: Reply,
) -> tuple[Expectation, dict[str, bool]]:
    results = {name: buffer.data.copy() for name, buffer in arena.buffers.items() if buffer.changed()}
    # What depends on no array is a constant, whatever its value.
    constant = not any(argument.kind == "array" and argument.reads for argument in arena.arguments.values())
    useful = {name: constant or informative(array, arena.buffers[name].pristine) for name, array in results.items()}
    errors = dict.fromkeys(results, 0.0)
    if seconds < _SLOWEST_PERTURBED:
        errors = _sensitivities(arena, program, results, inputs)
    exact = {} if reference is None else _run_reference(arena, reference, reply)
    for name, array in exact.items():
        if name in results:
            own = difference(results[name], results[name], array)
            errors[name] = max(errors[name], _OWN_ERRORS * own)
    allowed = {name: max(bounds.tolerance, error) for name, error in errors.items()}
    blurred = [name for name, error in errors.items() if error > bounds.cap]
    return Expectation(results, exact, allowed, blurred), useful


def _sensitivities(arena: Arena, program: Program, results: Mapping[str, Array], inputs: Inputs) -> dict[str, float]:
    """What rounding errors in the inputs do to each result; whole numbers must be equal whatever they do.

    Raises:
        RunError: Results turn into NaN or back when the guard regions do: the program reads what is not its own.
    """
    arena.use_canary(CANARIES[(inputs.seed + 1) % len(CANARIES)])
    for buffer in arena.buffers.values():
        buffer.data[:] = perturbed(buffer.pristine, inputs.seed)
    program.run()
    found = {name: difference(arena.buffers[name].data, result) for name, result in results.items()}
    arena.use_canary(CANARIES[inputs.seed % len(CANARIES)])
    for name, error in found.items():
        if error == float("inf") and results[name].dtype.kind in "fc":
            raise RunError(f"'{name}' depends on what lies outside of the buffers.")
    return {name: _SENSITIVITIES * error if error < float("inf") else 0.0 for name, error in found.items()}


def _run_reference(arena: Arena, reference: Binary, reply: Reply) -> dict[str, Array]:
    """Results in higher precision, or none: a reference that does not run only costs some sharpness."""
    reply({"event": "running", "who": "reference"})
    kinds = {argument.name: argument.dtype for argument in reference.arguments}
    pristine = {name: buffer.pristine.astype(kinds[name]) for name, buffer in arena.buffers.items() if name in kinds}
    wide = Arena(reference.arguments, pristine, arena.scalars)
    try:
        wide.load(reference).run()
    except RunError:
        return {}
    return {} if wide.overrun() else {name: wide.buffers[name].data for name in wide.written()}


def _judge_all(
    arena: Arena, candidates: Mapping[str, Binary], expectation: Expectation, until: float, reply: Reply
) -> tuple[dict[str, Program], dict[str, float]]:
    """Run candidates until time is up, the first few in any case; those that are right, and the seconds they took."""
    programs: dict[str, Program] = {}
    seconds: dict[str, float] = {}
    for number, (who, candidate) in enumerate(candidates.items()):
        if number >= _FEWEST_JUDGED and time.perf_counter() > until:
            break
        reply({"event": "running", "who": who})
        try:
            program = arena.load(candidate)
        except RunError as error:
            reply({"event": "judged", "who": who, "kind": "abi", "reason": str(error)})
            continue
        judgement = _judge(arena, program, expectation, "")
        reply(judgement | {"who": who})
        if judgement["kind"] == "ok":
            programs[who], seconds[who] = program, judgement["seconds"]
    return programs, seconds


def _judge(arena: Arena, program: Program, expectation: Expectation, when: str) -> dict[str, Any]:
    arena.reset()
    seconds = _timed(program)
    overrun = arena.overrun()
    if overrun:
        return _verdict("guard", f"It writes outside of {', '.join(overrun)}.", float("inf"), 0.0)
    worst, limit = 0.0, 0.0
    for name, buffer in arena.buffers.items():
        if name not in expectation.results:
            if buffer.changed():
                return _verdict("wrong", f"{when}it changes '{name}', which must stay.", float("inf"), 0.0)
            continue
        error = difference(buffer.data, expectation.results[name], expectation.exact.get(name))
        allowed = expectation.allowed[name]
        if not error <= allowed:
            reason = f"{when}'{name}' differs by {error:.3g}, where {allowed:.3g} is allowed."
            return _verdict("wrong", reason, error, allowed)
        if error >= worst:
            worst, limit = error, allowed
    return _verdict("ok", "", worst, limit) | {"seconds": seconds}


def _verdict(kind: str, reason: str, error: float, allowed: float) -> dict[str, Any]:
    text = reason[:1].upper() + reason[1:]
    return {"event": "judged", "kind": kind, "reason": text, "error": error, "allowed": allowed}


def _interleave(
    arena: Arena,
    programs: Mapping[str, Program],
    budget: float,
    reply: Reply,
    first: Mapping[str, float],
) -> dict[str, list[float]]:
    """Time programs round robin until the budget is spent, each on fresh data.

    A few rounds always run, since the first ones on a busy machine can be off by any factor, unless that would
    take many times the budget. Who is three times slower than the fastest at first, and not
    quick for all that, is not timed again. Of who took ten times as long as the fastest, and longer than the budget,
    in the `first` run, in seconds, that is the only sample.
    """
    endless = max(budget, _ENDLESS * min(first.values(), default=0.0))
    samples: dict[str, list[float]] = {who: [s] if (s := first.get(who, 0.0)) > endless else [] for who in programs}
    programs = {who: program for who, program in programs.items() if not samples[who]}
    touched = set(arena.written())
    calls = 1
    start = time.perf_counter()
    for done in range(_MOST_ROUNDS):
        for who, program in programs.items():
            reply({"event": "running", "who": who})
            arena.reset(touched)
            samples[who].append(_timed(program, calls))
        if done == 0:
            slowest = max(_CHEAP, _HOPELESS * min(samples[who][0] for who in programs))
            programs = {w: p for w, p in programs.items() if w == "baseline" or samples[w][0] <= slowest}
            calls = max(1, min(_MOST_CALLS, round(_SHORTEST_SAMPLE / max(samples["baseline"][0], 1e-9))))
        spent = time.perf_counter() - start
        if spent > (budget if done + 1 >= _FEWEST_ROUNDS else _PATIENCE * budget):
            break
    return samples


def _still_timed(programs: Mapping[str, Program], samples: Mapping[str, Sequence[float]]) -> dict[str, Program]:
    most = max(map(len, samples.values()))
    return {who: program for who, program in programs.items() if len(samples[who]) == most}


def _timed(program: Program, calls: int = 1) -> float:
    start = time.perf_counter()
    for _ in range(calls):
        program.run()
    return (time.perf_counter() - start) / calls
