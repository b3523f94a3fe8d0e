"""The ledger remembers tries and errors, believes the shards, and can be lost."""

import sqlite3
from contextlib import closing

import pytest

from bleedkit.datasets.errors import BleedkitError
from bleedkit.pseudolabel.ledger import BACK_OFF_S, TRIES, Ledger, LeftOut
from bleedkit.pseudolabel.segments import Anchor, Segment


def segment(clip: str, first: int, last: int) -> Segment:
    frames = tuple(range(first, last + 1))
    return Segment(clip, "source", frames, Anchor(first, (1.0, 2.0)), Anchor(last, (1.0, 2.0)))


UNITS = {"u1": segment("a", 0, 30), "u2": segment("a", 30, 60), "u3": segment("b", 0, 10)}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "ledger.sqlite"


@pytest.fixture
def ledger(path):
    with closing(Ledger.open(path)[0]) as ledger:
        yield ledger


def counted(ledger: Ledger) -> dict[str, int]:
    return {state.value: count for state, count in ledger.counts().items() if count}


def test_a_unit_goes_from_pending_over_running_to_done(ledger):
    assert ledger.plan(UNITS, {"u3"}) == 0
    assert counted(ledger) == {"pending": 2, "done": 1}
    ledger.started("u1", "here:1")
    assert (counted(ledger), ledger.busy()) == ({"pending": 1, "running": 1, "done": 1}, ["here:1"])
    ledger.done("u1", 0.5)
    assert counted(ledger) == {"pending": 1, "done": 2}
    assert ledger.ended_since(0)[0] == 1, "u3 was done before"


def test_a_failing_unit_waits_twice_as_long_each_time_and_is_then_set_aside(ledger):
    ledger.plan(UNITS, set())
    waits = [ledger.failed("u1", "its worker died", again=True) for _ in range(TRIES)]
    assert waits == [BACK_OFF_S, 2 * BACK_OFF_S, None]
    assert counted(ledger) == {"pending": 2, "poison": 1}
    assert ledger.left_out() == {"u1": LeftOut("a", "source", 0, 30, "its worker died")}
    assert str(ledger.left_out()["u1"]) == "clip a source frames 0-30: its worker died"


def test_bad_data_is_set_aside_at_once_and_tried_again_by_the_next_run(ledger):
    ledger.plan(UNITS, set())
    assert ledger.failed("u2", "frame 40 cannot be read", again=False) is None
    assert ledger.plan(UNITS, {"u1"}) == 1
    assert counted(ledger) == {"pending": 2, "done": 1}
    assert ledger.left_out() == {}
    assert ledger.failed("u2", "x", again=True) == BACK_OFF_S, "its tries begin anew"


def test_the_shards_are_believed_whatever_the_ledger_says(ledger):
    ledger.plan(UNITS, set())
    ledger.started("u1", "here:1")
    ledger.done("u2", 1.0)
    ledger.failed("u3", "x", again=False)
    assert ledger.plan(UNITS, {"u1", "u3"}) == 0
    assert counted(ledger) == {"pending": 1, "done": 2}, "u2 lost its shard, u1 and u3 have one"


def test_units_of_other_labels_stay_and_are_not_counted(ledger, path):
    ledger.plan(UNITS, {"u1", "u2"})
    ledger.plan({"u9": segment("a", 0, 20), "u1": UNITS["u1"]}, {"u1"})
    assert counted(ledger) == {"pending": 1, "done": 1}
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT id, state FROM units WHERE NOT present ORDER BY id").fetchall() == [
            ("u2", "done"),
            ("u3", "pending"),
        ]


@pytest.mark.parametrize("damage", ["no database at all, but long enough to be taken for one" * 9, "half", "format"])
def test_a_damaged_ledger_is_laid_aside_and_begun_anew(path, damage):
    with closing(Ledger.open(path)[0]) as ledger:
        ledger.plan({f"u{i}": segment("a", i, i + 30) for i in range(2000)}, set())
    if damage == "format":
        with closing(sqlite3.connect(path)) as db:
            db.execute("PRAGMA user_version = 99")
    else:
        path.write_bytes(path.read_bytes()[:50_000] if damage == "half" else damage.encode())
    ledger, note = Ledger.open(path)
    with closing(ledger):
        assert "was damaged" in note
        assert "begun anew" in note
        ledger.plan(UNITS, {"u1"})
        assert counted(ledger) == {"pending": 2, "done": 1}
    assert path.with_name("ledger.sqlite.damaged").exists()


def test_a_reader_sees_a_run_that_goes_on_and_one_that_was_killed(ledger, path):
    ledger.plan(UNITS, set())
    ledger.note(preset="classical", started=12.5)
    with closing(Ledger(path, read_only=True)) as reader:
        ledger.done("u1", 1.0)
        assert counted(reader) == {"pending": 2, "done": 1}
        assert reader.facts() == {"preset": "classical", "started": 12.5}
        with pytest.raises(BleedkitError, match="cannot be used"):
            reader.done("u2", 1.0)


def test_a_ledger_that_cannot_be_written_says_so(tmp_path):
    with pytest.raises(BleedkitError, match=r"cannot be used.*check space and permissions"):
        Ledger.open(tmp_path / "no such folder" / "ledger.sqlite")
