"""Killed runs end with the same bytes; a few of the drill's kills (actors: tests/pseudolabel/test_ray_engine.py)."""

import pytest

from bleedkit.benchmarks.kill_drill import Drill, small_cohort


@pytest.fixture(scope="module")
def drill(tmp_path_factory):
    return Drill(small_cohort(tmp_path_factory.mktemp("drill"), clips=1), seed=1)


@pytest.mark.slow
@pytest.mark.parametrize("what", ["worker", "driver", "driver"])
def test_a_kill_loses_and_doubles_nothing(drill, what):
    kill = drill.kill(what)
    assert kill.same, kill
    assert kill.orphans == 0, kill
