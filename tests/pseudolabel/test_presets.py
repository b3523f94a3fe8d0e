"""Presets: the paper's numbers where the paper has them, and every number in what a run hangs on."""

import json
from dataclasses import replace

import pytest

from bleedkit.datasets.errors import BleedkitError
from bleedkit.models.stage import CPU
from bleedkit.pseudolabel.gates import GATES
from bleedkit.pseudolabel.presets import PRESETS, matcher_stage, preset_config, smoother_stage, tracker_stage


@pytest.mark.parametrize("preset", sorted(PRESETS))
def test_every_stage_of_a_preset_is_there(preset):
    config = preset_config(preset)
    tracker_stage(config.tracker)
    smoother_stage(config.smoother)
    if config.matcher:
        matcher_stage(config.matcher)
    assert set(config.gates) <= set(GATES)


def test_the_paper_is_to_the_letter():
    paper = preset_config("paper")
    assert (paper.matcher, paper.tracker, paper.smoother) == ("xfeat", "track_on", "paper")  # 4.2.1
    assert (paper.keypoints.radius, paper.keypoints.confidence) == (50.0, 0.7)  # Eq. 6: r, S
    assert (paper.keypoints.near_next, paper.keypoints.most) == (False, None)
    detector = preset_config("detector")
    assert (detector.horizon_before, detector.horizon_after, detector.chains) == (0, 10, False)  # 4.1.2: n = 10


def test_every_number_counts_for_what_a_run_hangs_on():
    config = preset_config("classical")
    settings = config.settings(CPU)
    assert json.loads(json.dumps(settings)) == settings
    others = [
        replace(config, keypoints=replace(config.keypoints, radius=51.0)),
        replace(config, limits=replace(config.limits, sigma=7.0)),
        replace(config, gates=config.gates[:-1]),
        replace(config, horizon_after=10),
        replace(config, chains=False),
        replace(config, neighbours=""),
        replace(config, smoother="bridge"),
    ]
    assert all(other.settings(CPU) != settings for other in others)


def test_unknown_names_are_told_with_those_there_are():
    with pytest.raises(BleedkitError, match="no preset 'worst'; choose from paper, best, classical, detector"):
        preset_config("worst")
    with pytest.raises(BleedkitError, match="no tracker 'x'; choose from"):
        preset_config("classical", tracker="x")
    with pytest.raises(BleedkitError, match="no matcher 'x'; choose from"):
        preset_config("classical", matcher="x")
    assert preset_config("classical", tracker="lucas_kanade").tracker == "lucas_kanade"


@pytest.mark.parametrize(
    ("preset", "tracker", "neighbours"),
    [("classical", "", "corners"), ("classical", "hold_still", ""), ("best", "anchored_lucas_kanade", "corners")],
)
def test_corners_go_along_with_the_tracker_that_needs_them(preset, tracker, neighbours):
    assert preset_config(preset, tracker=tracker).neighbours == neighbours
