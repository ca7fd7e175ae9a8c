"""Applying one step to a program, running what comes out, and seeing to it that a refusal touches nothing."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dace
import pytest

from dace_transfer.errors import NotApplicableError
from dace_transfer.toolchain import activate
from dace_transfer.transformations.resolve import resolve
from dace_transfer.transformations.roles import parse_role
from dace_transfer.transformations.steps.base import Done, Step

Apply = Callable[[Any, dace.SDFG], Done]
Run = Callable[..., Any]
Refuse = Callable[[Any, dace.SDFG, str], None]

_NUMBERS = itertools.count()


def apply_step(step: Step, sdfg: dace.SDFG) -> Done:
    done = step.apply(sdfg, resolve(parse_role(getattr(step, "target", "sdfg")), sdfg, {}))
    sdfg.validate()
    return done


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """DaCe builds in the current folder."""
    activate()
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def apply() -> Apply:
    """`apply(step, sdfg)`: apply a step to what its role means, in place; the result must be valid."""
    return apply_step


@pytest.fixture
def run() -> Run:
    """`run(sdfg, **arguments)`: compile under a name of its own, and call."""

    def compile_and_call(sdfg: dace.SDFG, **arguments: Any) -> Any:
        sdfg.name = f"{sdfg.name}_{next(_NUMBERS)}"
        return sdfg.compile()(**arguments)

    return compile_and_call


@pytest.fixture
def refuse() -> Refuse:
    """`refuse(step, sdfg, message)`: the step must not apply, say why in one sentence, and touch nothing."""

    def expect(step: Step, sdfg: dace.SDFG, message: str) -> None:
        before = sdfg.hash_sdfg()
        with pytest.raises(NotApplicableError, match=message) as caught:
            apply_step(step, sdfg)
        assert str(caught.value).endswith(".")
        assert sdfg.hash_sdfg() == before

    return expect
