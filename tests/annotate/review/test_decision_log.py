import math
import signal
import subprocess
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bleedkit.annotate.review.decision import Action, Decision, TrackPoint
from bleedkit.annotate.review.decision_log import DecisionLog, logs_of
from bleedkit.datasets.errors import BleedkitError


def decision(number=1, reviewer="kim", **more):
    values = {"action": Action.MOVE, "xy": (1.5, 2.0), **more}
    return Decision(number, reviewer, "2026-01-01T00:00:00Z", "0.1", clip_id="c", frames=(3,), **values)


REAL = st.floats(allow_nan=False, allow_infinity=False)
TRACK = st.builds(
    TrackPoint, st.integers(0, 99), *[REAL] * 2, st.booleans(), *[REAL] * 4, before=st.text(), reason=st.text()
)


@given(
    xy=st.tuples(REAL, REAL),
    text=st.text(),
    track=st.lists(TRACK, max_size=3).map(tuple),
    seconds=st.one_of(st.just(math.nan), REAL),
    before=st.lists(st.text(), max_size=2).map(tuple),
)
def test_a_decision_survives_its_line(xy, text, track, seconds, before):
    said = decision(xy=xy, text=text, track=track, seconds=seconds, before=before)
    line = said.to_line()
    assert "\n" not in line
    assert repr(Decision.from_line(line)) == repr(said)


@pytest.mark.parametrize("line", ["", "{}", "[]", "null", '{"number": 1}', "\x00", '{"action": "fly"}'])
def test_what_is_no_decision_is_named(line):
    with pytest.raises(BleedkitError, match="not a decision"):
        Decision.from_line(line)


def test_decisions_are_numbered_and_read_back_in_order(tmp_path):
    log = DecisionLog(tmp_path, "kim")
    taken = [log.append(decision()) for _ in range(3)]
    assert [one.number for one in taken] == [1, 2, 3]
    assert DecisionLog(tmp_path, "kim").read().decisions == tuple(taken)
    assert [log.reviewer for log in logs_of(tmp_path)] == ["kim"]


def test_a_line_cut_short_is_named_and_costs_only_itself(tmp_path):
    log = DecisionLog(tmp_path, "kim")
    log.append(decision())
    with log.path.open("ab") as file:
        file.write(decision(2).to_line().encode()[:40])
    again = DecisionLog(tmp_path, "kim")
    again.append(decision())
    content = again.read()
    assert [one.number for one in content.decisions] == [1, 2]
    assert [(line.line, "not a decision" in line.what) for line in content.broken] == [(2, True)]


def test_missing_repeated_and_foreign_lines_are_named(tmp_path):
    log = DecisionLog(tmp_path, "kim")
    log.path.parent.mkdir()
    lines = [decision(1), decision(3), decision(3), decision(4, reviewer="lee")]
    log.path.write_text("".join(f"{one.to_line()}\n" for one in lines))
    content = log.read()
    assert [one.number for one in content.decisions] == [1, 3]
    assert [line.what for line in content.broken] == [
        "decisions 2 to 2 are missing before it",
        "has number 3 after 3",
        "is of reviewer 'lee'",
    ]


@pytest.mark.parametrize("name", ["", "../kim", "a/b", ".hidden", "x" * 65, "kim\n"])
def test_a_name_that_is_no_file_name_is_refused(tmp_path, name):
    with pytest.raises(BleedkitError, match="cannot name a reviewer"):
        DecisionLog(tmp_path, name)


def test_a_disk_that_refuses_takes_no_decision(tmp_path):
    (tmp_path / "review").write_text("in the way")
    with pytest.raises(BleedkitError, match="cannot be written"):
        DecisionLog(tmp_path, "kim").append(decision())


def test_two_processes_of_one_reviewer_lose_nothing(tmp_path):
    script = _WRITER.replace("while True:", "for _ in range(20):")
    command = [sys.executable, "-P", "-c", script, str(tmp_path)]
    writers = [subprocess.Popen(command, stdout=subprocess.DEVNULL) for _ in range(2)]
    assert [writer.wait(120) for writer in writers] == [0, 0]
    content = DecisionLog(tmp_path, "kim").read()
    assert [one.number for one in content.decisions] == list(range(1, 41))
    assert not content.broken


_WRITER = """
import sys
from pathlib import Path
from bleedkit.annotate.review.decision import Action, Decision
from bleedkit.annotate.review.decision_log import DecisionLog
log = DecisionLog(Path(sys.argv[1]), "kim")
while True:
    one = Decision(1, "kim", "t", "0", Action.COMMENT, "c", (0,), text="x" * 5000)
    print(log.append(one).number, flush=True)
"""


def test_kill_loses_at_most_the_decision_in_flight(tmp_path):
    told = 0
    for round_ in range(5):
        with subprocess.Popen(
            [sys.executable, "-P", "-c", _WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True
        ) as writer:
            told = int(writer.stdout.readline())
            time.sleep(0.01 * round_)
            writer.send_signal(signal.SIGKILL)
            rest = writer.stdout.read().split()
            told = int(rest[-1]) if rest else told
        kept = [one.number for one in DecisionLog(tmp_path, "kim").read().decisions]
        assert kept in (list(range(1, told + 1)), list(range(1, told + 2)))
