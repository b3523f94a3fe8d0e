"""The driver's loop against an engine that plays a script: who is blamed, what is tried again, when it gives up."""

from collections import deque
from contextlib import closing

import pytest

from bleedkit.datasets.errors import BleedkitError
from bleedkit.pseudolabel.clip_job import Done, Failed, Started
from bleedkit.pseudolabel.dispatch import LOST_IN_A_ROW, Dispatch
from bleedkit.pseudolabel.engines import Ended
from bleedkit.pseudolabel.ledger import Ledger
from bleedkit.pseudolabel.run_log import RunLog
from bleedkit.pseudolabel.segments import Anchor, Segment

DIED = Ended("its worker process was killed by SIGKILL")


class Scripted:
    """One worker that answers each job by `play(job)`: a list of events."""

    def __init__(self, play):
        self.play, self.jobs, self.coming, self.free = play, [], deque(), [0]

    def submit(self, _worker, job):
        self.jobs.append(list(job.segments))
        self.free = []
        self.coming.extend(self.play(list(job.segments)))

    def events(self, _timeout):
        event = self.coming.popleft() if self.coming else None
        if isinstance(event, Ended):
            self.free = [0]
        return [] if event is None else [(0, event)]

    def close(self):
        pass


def answer(unit):
    return [Started(unit, "here:1"), Done(unit, unit.encode())]


def healthy(units):
    return [event for unit in units for event in answer(unit)] + [Ended()]


def dies_at(bad):
    """A worker that is killed whenever it is at the unit `bad`."""

    def play(units):
        if bad not in units:
            return healthy(units)
        return [*healthy(units[: units.index(bad)])[:-1], Started(bad, "here:1"), DIED]

    return play


@pytest.fixture
def dispatched(tmp_path, monkeypatch):
    """Dispatch four units of one clip to a worker; gives the engine, the ledger, and how often a step was told."""
    monkeypatch.setattr("bleedkit.pseudolabel.ledger.BACK_OFF_S", 0.01)
    units = {
        f"u{i}": Segment("a", "source", tuple(range(30 * i, 30 * i + 31)), Anchor(30 * i, (1.0, 1.0)), None)
        for i in range(4)
    }
    with closing(Ledger.open(tmp_path / "ledger.sqlite")[0]) as ledger, closing(RunLog(tmp_path)) as log:
        ledger.plan(units, set())

        def dispatch(play):
            engine, steps = Scripted(play), []
            Dispatch(units, engine, 1, ledger, log, tmp_path, lambda: steps.append(1)).run()
            return engine, ledger, len(steps)

        yield dispatch


def kept(tmp_path) -> dict[str, bytes]:
    return {path.stem: path.read_bytes() for path in sorted((tmp_path / "shards").iterdir())}


def test_every_answer_is_kept_under_its_name(dispatched, tmp_path):
    engine, ledger, steps = dispatched(healthy)
    assert engine.jobs == [["u0", "u1", "u2", "u3"]]
    assert kept(tmp_path) == {"u0": b"u0", "u1": b"u1", "u2": b"u2", "u3": b"u3"}
    assert (ledger.counts()["done"], steps) == (4, 4)


def test_a_dead_worker_costs_a_try_of_the_unit_it_was_at_and_of_no_other(dispatched, tmp_path):
    engine, ledger, steps = dispatched(dies_at("u1"))
    # u1 kills three workers; u2 and u3 come at once after the first, u1 alone when its time has come.
    assert engine.jobs == [["u0", "u1", "u2", "u3"], ["u2", "u3"], ["u1"], ["u1"]]
    assert list(kept(tmp_path)) == ["u0", "u2", "u3"]
    assert {unit: left.error for unit, left in ledger.left_out().items()} == {"u1": DIED.error}
    assert steps == 4, "set aside is dealt with as well"


def test_bad_data_is_not_tried_again(dispatched, tmp_path):
    def play(units):
        return [Started("u0", "w"), Failed("u2", "frame 70 is broken", "restore it"), *healthy(["u0", "u1", "u3"])]

    engine, ledger, _ = dispatched(play)
    assert len(engine.jobs) == 1
    assert [left.error for left in ledger.left_out().values()] == ["frame 70 is broken; restore it"]
    assert list(kept(tmp_path)) == ["u0", "u1", "u3"]


def test_workers_that_die_before_they_begin_stop_the_run(dispatched):
    with pytest.raises(BleedkitError, match=r"10 workers in a row were lost.*SIGKILL"):
        dispatched(lambda _: [DIED])
    assert LOST_IN_A_ROW == 10


def test_a_shard_that_cannot_be_written_fails_its_unit_only(dispatched, tmp_path):
    (tmp_path / "shards" / "u2.parquet").mkdir(parents=True)  # a folder in its way cannot be replaced by a file
    engine, ledger, _ = dispatched(healthy)
    assert engine.jobs[1:] == [["u2"], ["u2"]]
    assert list(ledger.left_out()) == ["u2"]
    assert "cannot be written" in ledger.left_out()["u2"].error
    assert ledger.counts()["done"] == 3
