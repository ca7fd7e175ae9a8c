"""Errors are told, whatever they are."""

from __future__ import annotations

import dace
from dace.sdfg import InvalidSDFGNodeError

from dace_transfer.errors import message_of, told


def test_an_error_is_told_with_its_kind() -> None:
    assert told(KeyError("no such node")) == "KeyError: 'no such node'"


def test_an_error_that_cannot_be_printed_is_told() -> None:
    sdfg = dace.SDFG("emptied")
    state = sdfg.add_state()
    error = InvalidSDFGNodeError("The node is dangling", sdfg, sdfg.node_id(state), 7)
    assert told(error) == "InvalidSDFGNodeError: The node is dangling"


def test_an_error_without_a_message_is_told() -> None:
    class Silent(Exception):
        def __str__(self) -> str:
            raise ValueError

    assert message_of(Silent()) == "it cannot be printed."
