"""Worker processes that die, break or hang are noticed, replaced and told of."""

import os
import signal
import time
from contextlib import closing
from pathlib import Path

import pytest

from bleedkit.datasets.cohort import Cohort
from bleedkit.models.stage import CPU
from bleedkit.pseudolabel.clip_job import ClipJob, Done, RunSetup, Started, jobs_of
from bleedkit.pseudolabel.engines import Ended
from bleedkit.pseudolabel.local_engine import LocalEngine
from bleedkit.pseudolabel.plan import plan_run
from bleedkit.pseudolabel.presets import PseudoLabelConfig

STILL = PseudoLabelConfig("hold_still", "raw")


@pytest.fixture
def engine(stills):
    with closing(LocalEngine(RunSetup.of(stills, STILL, CPU), 1)) as engine:
        yield engine


def job_of(cohort: Cohort) -> ClipJob:
    (job,) = jobs_of(plan_run(cohort, STILL, {}).units, 1)
    return job


def until(engine: LocalEngine, wanted: type) -> list:
    """Events of the one worker, up to the first of that kind."""
    heard = []
    for _ in range(60):
        heard += [event for _, event in engine.events(1.0)]
        if heard and isinstance(heard[-1], wanted):
            return heard
    raise AssertionError(heard)


def process_of(started: Started) -> int:
    return int(started.worker.rpartition(":")[2])


def test_a_killed_worker_is_replaced_and_its_answers_are_not_lost(engine, stills):
    image = stills.media_path(stills.frames("p01-trk1")[40].path)
    data = image.read_bytes()
    image.unlink()
    os.mkfifo(image)  # whoever reads it waits for ever
    engine.submit(0, job_of(stills))
    assert engine.free == []
    heard = until(engine, Done)
    (second,) = [event for _, event in engine.events(5.0)]
    os.kill(process_of(heard[0]), signal.SIGKILL)
    assert until(engine, Ended) == [Ended("its worker process was killed by SIGKILL")]
    assert [type(event) for event in (*heard, second)] == [Started, Done, Started]
    assert engine.free == [0]

    image.unlink()
    image.write_bytes(data)
    engine.submit(0, job_of(stills))
    again = until(engine, Ended)
    assert [type(event) for event in again] == [Started, Done] * 3 + [Ended]
    assert again[-1] == Ended()
    assert process_of(again[0]) != process_of(heard[0])


def test_an_unexpected_exception_is_told_and_the_process_replaced(engine, stills):
    engine.submit(0, job_of(stills))
    first = until(engine, Ended)[0]
    job = job_of(stills)
    engine.submit(0, ClipJob("no such clip", job.segments))
    ended = until(engine, Ended)[-1]
    assert "no clip 'no such clip'" in ended.error
    engine.submit(0, job)
    assert process_of(until(engine, Ended)[0]) != process_of(first)


def test_a_worker_that_dies_idle_is_replaced_in_silence(engine, stills):
    engine.submit(0, job_of(stills))
    os.kill(process_of(until(engine, Ended)[0]), signal.SIGKILL)
    assert engine.events(5.0) == []
    engine.submit(0, job_of(stills))
    assert until(engine, Ended)[-1] == Ended()


def test_closing_ends_a_worker_that_hangs(stills):
    image = stills.media_path(stills.frames("p01-trk1")[0].path)
    image.unlink()
    os.mkfifo(image)
    with closing(LocalEngine(RunSetup.of(stills, STILL, CPU), 2)) as engine:
        engine.submit(1, job_of(stills))
        process = process_of(until(engine, Started)[0])
    for _ in range(100):
        if not Path(f"/proc/{process}").exists():
            return
        time.sleep(0.05)
    raise AssertionError("it is still there")
