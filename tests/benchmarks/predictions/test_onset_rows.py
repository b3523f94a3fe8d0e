import numpy as np
import pytest
from bleedkit_test_layouts.prediction_tables import seen, table

from bleedkit.benchmarks.predictions.onset_rows import onset_rows


def test_null_becomes_nan_and_frames_stay_whole():
    rows = [
        {"clip_id": "b", "onset": None, "true_onset": 120, "confidence": 0.25},
        {"clip_id": "a", "onset": 7, "true_onset": None, "confidence": None},
    ]
    found = onset_rows(table("onset", rows))
    assert [clip.clip_id for clip in found.index.clips] == ["a", "b"]
    np.testing.assert_array_equal(found.onset, [7, np.nan])
    np.testing.assert_array_equal(found.true_onset, [np.nan, 120])
    np.testing.assert_array_equal(found.confidence, [np.nan, 0.25])


def test_a_deploy_table_gives_one_row_a_clip():
    rows = [seen((1, 1), (1, 1), clip_id=clip, frame=frame, onset=5, true_onset=6) for frame in (9, 3) for clip in "ba"]
    found = onset_rows(table("deploy", rows))
    assert len(found.index) == 2
    np.testing.assert_array_equal(found.index.clip, [0, 1])
    np.testing.assert_array_equal(found.onset, [5, 5])


@pytest.mark.parametrize("name", ["onset", "true_onset"])
@pytest.mark.parametrize("other", [4, None])
def test_two_onsets_of_one_clip_are_refused(name, other):
    same = {"clip_id": "a", "onset": 3, "true_onset": 3}
    with pytest.raises(ValueError, match=f"clip a contradict each other in {name}"):
        onset_rows(table("onset", [same, {**same, name: other}]))


def test_an_empty_table_has_no_rows():
    assert len(onset_rows(table("onset", [])).index) == 0
