"""A process for each item: what dies, breaks or lingers takes no other with it."""

import multiprocessing
import operator
import os
import signal
import time
from functools import partial

import pytest

from bleedkit.benchmarks.runs.processes import in_processes


def test_each_item_is_worked_on_and_known_by_its_place(tmp_path):
    ended = list(in_processes(abs, [-3, -1, -2], 2, log=tmp_path / "log"))
    assert {one.place: one.result for one in ended} == {0: 3, 1: 1, 2: 2}
    assert all(one.error == "" for one in ended)


def test_one_that_breaks_and_one_that_exits_leave_the_others_alone(tmp_path):
    broken = {one.place: one for one in in_processes(partial(operator.truediv, 6), [2, 0, 3], 1, log=tmp_path / "log")}
    assert (broken[0].result, broken[2].result) == (3.0, 2.0)
    assert (broken[1].result, broken[1].error) == (None, "its process ended with exit code 1")
    assert "ZeroDivisionError" in (tmp_path / "log").read_text()
    (gone,) = in_processes(os._exit, [7], 1, log=tmp_path / "log")
    assert gone.error == "its process ended with exit code 7"


def test_one_that_is_killed_is_told(tmp_path):
    (killed,) = in_processes(signal.raise_signal, [signal.SIGKILL], 1, log=tmp_path / "log")
    assert "was killed by SIGKILL" in killed.error


def test_who_stops_listening_leaves_nobody_behind(tmp_path):
    stream = in_processes(time.sleep, [0, 600], 2, log=tmp_path / "log")
    assert next(stream).place == 0
    (left,) = multiprocessing.active_children()
    stream.close()
    assert multiprocessing.active_children() == []
    assert left.exitcode == -signal.SIGTERM


def test_one_that_cannot_be_sent_is_the_callers_slip(tmp_path):
    with pytest.raises(Exception, match="pickle"):
        list(in_processes(lambda item: item, [1], 1, log=tmp_path / "log"))
