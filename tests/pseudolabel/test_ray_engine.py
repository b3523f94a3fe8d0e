"""Runs on Ray: the same bytes as on processes, actors that die, and clear words where there is no cluster."""

import importlib.util
import shutil
from dataclasses import replace

import pytest

from bleedkit.benchmarks.kill_drill import Drill, own_ray, small_cohort
from bleedkit.datasets.errors import BleedkitError
from bleedkit.models.stage import CPU
from bleedkit.pseudolabel.clip_job import ClipJob, RunSetup
from bleedkit.pseudolabel.engines import Ended, EngineChoice
from bleedkit.pseudolabel.presets import PseudoLabelConfig
from bleedkit.pseudolabel.ray_engine import ClipActor
from bleedkit.pseudolabel.run import run_pseudolabels

STILL = PseudoLabelConfig("hold_still", "raw")
with_ray = pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="the ray extra is not installed")


@pytest.fixture(scope="module")
def ray_address():
    with own_ray() as address:
        yield address


@pytest.mark.slow
@with_ray
def test_actors_that_are_killed_lose_nothing(ray_address, tmp_path):
    drill = Drill(small_cohort(tmp_path, clips=1), seed=3, ray_address=ray_address)
    for kill in [drill.kill("actor") for _ in range(2)]:
        assert kill.same, kill  # beside local processes, whom nobody killed


@pytest.mark.slow
@with_ray
def test_a_node_that_lacks_the_media_stops_the_run_and_is_named(ray_address, stills, tmp_path):
    shutil.move(tmp_path / "src", tmp_path / "elsewhere")
    with pytest.raises(BleedkitError, match=r"node .*: the media root .*src is no folder there; every node needs"):
        run_pseudolabels(stills, tracker="hold_still", out=tmp_path / "out", engine=EngineChoice("ray"))


@pytest.mark.slow
@with_ray
def test_an_exception_ends_the_job_and_the_actor(ray_address, stills):
    engine = EngineChoice("ray").start(RunSetup.of(stills, STILL, CPU))
    while not engine.free:
        engine.events(1.0)
    engine.submit(0, ClipJob("no such clip", {"u": None}))
    heard = []
    while not heard or not isinstance(heard[-1], Ended):
        heard += [event for _, event in engine.events(1.0)]
    assert "no clip 'no such clip'" in heard[-1].error
    while not engine.free:  # made anew by Ray
        engine.events(1.0)
    engine.close()


def test_a_node_with_other_software_or_without_the_cohort_says_so(stills):
    setup = RunSetup.of(stills, STILL, CPU)
    settings = STILL.settings(CPU)
    assert ClipActor(setup, settings).fault() == ""
    assert "its opencv is not the driver's" in ClipActor(setup, {**settings, "opencv": "1.0"}).fault()
    away = replace(setup, cohort=setup.cohort / "away")
    assert "holds no cohort" in ClipActor(away, settings).fault()
