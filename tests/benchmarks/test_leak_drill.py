"""The leak drill in small: what it plants is what it says, and the audit catches it without false alarms."""

import numpy as np
import pytest

from bleedkit.benchmarks.leak_drill import DrillResult, audited, cohort, drill, procedural, real, report
from bleedkit.benchmarks.planted_leaks import KINDS
from bleedkit.benchmarks.split_quality import CLIPS, FRAMES, PATIENTS, draw


def test_every_kind_is_planted_in_test_under_a_new_name_from_a_training_patient():
    planted = cohort(16, 0, procedural(4, 0))
    train = {one.origin for one in planted if one.part == "train"}
    leaks = [one for one in planted if one.kind]
    assert [one.kind for one in leaks] == list(KINDS) * 2
    assert all(one.part == "test" and one.origin in train and one.clip.patient_id.startswith("leak") for one in leaks)
    honest = [one for one in planted if not one.kind]
    assert {one.origin for one in honest if one.part == "test"}.isdisjoint(train)


def test_a_planted_frame_is_the_same_every_time():
    for one in cohort(8, 0, procedural(4, 0)):
        np.testing.assert_array_equal(one.frame(1), one.frame(1))


def test_the_shares_and_false_alarms_are_counted_by_hand():
    result = DrillResult({"mirrored": 4}, {"mirrored": 3}, 1, 50, "Threshold 6.")
    assert result.to_json()["kinds"] == {"mirrored": {"planted": 4, "caught": 3, "share": 0.75}}
    assert "3 of    4 caught (75.0%)" in report({"x": result})


@pytest.mark.slow
def test_planted_leaks_are_caught_and_clean_cohorts_stay_clean():
    result = drill(32, 0, procedural(12, 0))
    missed = {kind: result.planted[kind] - result.caught[kind] for kind in result.planted}
    # Another time of the same procedure is a copy only where the camera still sees the same place.
    assert {
        kind: n for kind, n in missed.items() if n and kind not in ("same procedure later", "cropped to 20 %")
    } == {}
    assert result.caught["same procedure later"] >= 1
    assert result.false_alarms == 0
    clean = audited(cohort(0, 1, procedural(12, 1)))
    assert (clean.false_alarms, clean.planted) == (0, {})
    assert clean.pairs == 9 * 3 * 3 * 3  # 9 training and 3 test patients of three clips


def test_real_videos_become_one_patient_each(shared_data):
    sources = real(shared_data / "esd_demo" / "clear_view")
    assert list(sources) == ["video_001.mp4", "video_002.mp4", "video_003.mp4"]
    assert sources["video_001.mp4"][0](0, 0).shape == (112, 112, 3)


def test_the_quality_benchmark_draws_the_cohort_it_names():
    rows = draw(0)
    assert (len(rows), sum(row.frames for row in rows)) == (CLIPS, FRAMES)
    assert len({row.clip.patient_id for row in rows}) == PATIENTS
