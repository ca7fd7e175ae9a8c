"""A device is held alone by who measures, and the kernel takes it from who is gone."""

from __future__ import annotations

import subprocess
import sys
import threading
import time

import pytest

from dace_transfer.errors import SweepError
from dace_transfer.sweep.locks import alone, beside

HOLDER = """
import time
from dace_transfer.sweep.locks import alone
with alone("device"):
    print("held", flush=True)
    time.sleep(1000)
"""


def give_up() -> bool:
    return True


def test_who_measures_is_alone_and_who_computes_is_not() -> None:
    with beside("device"), beside("device", give_up):
        with pytest.raises(SweepError, match="waited for"), alone("device", give_up):
            pass
        with alone("another", give_up):
            pass
    with alone("device", give_up):
        for held in (alone, beside):
            with pytest.raises(SweepError), held("device", give_up):
                pass


def test_who_waits_to_be_alone_is_not_overtaken() -> None:
    order = []

    def measure() -> None:
        with alone("device"):
            order.append("alone")

    def compute() -> None:
        with beside("device"):
            order.append("beside")

    with beside("device"):
        first = threading.Thread(target=measure)
        first.start()
        time.sleep(2.0)
        second = threading.Thread(target=compute)
        second.start()
        time.sleep(0.5)
        assert order == [], "who came later waits behind who measures"
    first.join()
    second.join()
    assert order == ["alone", "beside"]


def test_a_process_that_is_killed_holds_nothing() -> None:
    holder = subprocess.Popen([sys.executable, "-c", HOLDER], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(SweepError), alone("device", give_up):
        pass
    holder.kill()
    holder.communicate()
    with alone("device", give_up):
        pass
