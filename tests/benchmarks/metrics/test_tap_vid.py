"""TAP-Vid's figures by hand, and beside a frame-by-frame transcription of their definitions."""

import math

import numpy as np
import pytest
from bleedkit_test_layouts.prediction_tables import seen, table

from bleedkit.benchmarks.metrics.score import Score
from bleedkit.benchmarks.metrics.tap_vid import METRICS
from bleedkit.benchmarks.predictions.groups import score
from bleedkit.benchmarks.predictions.point_rows import point_rows

SQUARE = {"width": 256, "height": 256}  # a stored pixel is one of the raster


def scores(rows):
    rows = point_rows(table("track", rows))
    return {metric.name: score(metric, rows) for metric in METRICS}


def query(**clip):
    return seen((50, 50), (50, 50), is_query=True, **{**SQUARE, **clip})


FOUR = [
    seen((60.5, 60), (60, 60), frame=30),  # near, both say visible
    seen((64, 60), (60, 60), frame=60),  # exactly 4 px off
    seen((60, 60), (60, 60), frame=90, visible=False),  # there, but called hidden
    seen((60, 60), None, frame=120),  # hidden, but called visible
]


def test_four_frames_by_hand():
    found = scores([query(), *({**row, **SQUARE} for row in FOUR)])
    # Of three visible: two closer than 1, 2 and 4 px, as 4 is not closer than 4; all closer than 8 and 16.
    assert found["delta_avg"].value == pytest.approx((3 * 2 / 3 + 2 * 3 / 3) / 5)
    assert found["occlusion_accuracy"] == Score(2 / 4, 1)
    # At 1, 2, 4: one right, two false (too far, hidden), 1 / (3 + 2). At 8, 16: two right, one false, 2 / (3 + 1).
    assert found["average_jaccard"].value == pytest.approx((3 * 1 / 5 + 2 * 2 / 4) / 5)


def test_clips_count_alike_however_many_frames_they_have():
    long = [seen((50, 50), (50, 50), frame=frame, clip_id="long", **SQUARE) for frame in range(1, 10)]
    short = [seen((250, 250), (50, 50), frame=1, clip_id="short", **SQUARE)]
    found = scores([query(clip_id="long"), *long, query(clip_id="short"), *short])
    assert found["delta_avg"] == found["average_jaccard"] == Score(1 / 2, 2)
    assert found["occlusion_accuracy"] == Score(1.0, 2)


def test_frames_up_to_the_query_do_not_count():
    before = seen((250, 250), (50, 50), frame=10, **SQUARE)
    after = seen((50, 50), (50, 50), frame=40, **SQUARE)
    found = scores([before, query(frame=20), after])
    assert {one.value for one in found.values()} == {1.0}


def test_the_picture_is_stretched_to_the_square():
    """Two stored pixels of 1024 are half a pixel of 256, two of 512 are one: apart by the root of 1/4 + 1, 1.118."""
    rows = [{**query(), "width": 1024, "height": 512}, seen((52, 52), (50, 50), frame=1, width=1024, height=512)]
    assert scores(rows)["delta_avg"].value == pytest.approx(4 / 5)  # not closer than 1, but than 2, 4, 8, 16


def test_no_point_is_neither_near_nor_visible():
    found = scores([query(), seen(None, (50, 50), visible=True, frame=1, **SQUARE)])
    assert {one.value for one in found.values()} == {0.0}
    assert scores([query(), seen(None, None, visible=True, frame=1, **SQUARE)])["occlusion_accuracy"] == Score(1.0, 1)


def test_a_clip_that_stays_hidden_has_no_delta_and_a_jaccard_only_where_the_model_calls_it_visible():
    silent = scores([query(), seen((50, 50), None, visible=False, frame=1, **SQUARE)])
    assert silent["delta_avg"].n == silent["average_jaccard"].n == 0
    assert silent["occlusion_accuracy"] == Score(1.0, 1)
    assert scores([query(), seen((50, 50), None, frame=1, **SQUARE)])["average_jaccard"] == Score(0.0, 1)


def test_a_clip_of_its_query_alone_is_nothing():
    assert all(one.n == 0 and math.isnan(one.value) for one in scores([query()]).values())


def test_two_queries_in_a_clip_are_refused():
    with pytest.raises(ValueError, match="one query"):
        scores([query(), query(frame=5)])


def transcription(clip, size):
    """The three figures of one clip as arXiv:2211.03726 words them, frame by frame. clip: its rows, as dicts."""
    start = next(row["frame"] for row in clip if row["is_query"])
    judged = [row for row in clip if row["frame"] > start]
    told = [row["visible"] == row["true_visible"] for row in judged]
    deltas, jaccards = [], []
    for limit in (1, 2, 4, 8, 16):
        near_of_visible, right, false, missing = [], 0, 0, 0
        for row in judged:
            across = (row["x"] - (row["true_x"] or 0)) / size[0] * 256
            down = (row["y"] - (row["true_y"] or 0)) / size[1] * 256
            near = math.sqrt(across**2 + down**2) < limit
            if row["true_visible"]:
                near_of_visible.append(near)
            hit = near and row["true_visible"] and row["visible"]
            right += hit
            false += row["visible"] and not hit
            missing += row["true_visible"] and not hit
        deltas.append(np.mean(near_of_visible))
        jaccards.append(right / (right + false + missing))
    return np.mean(deltas), np.mean(told), np.mean(jaccards)


@pytest.mark.parametrize("seed", range(5))
def test_as_the_definitions_word_it(seed):
    rng = np.random.default_rng(seed)
    size = (320, 180)
    clips = []
    for clip in range(4):
        rows = [seen((9, 9), (9, 9), is_query=True, frame=0)]
        for frame in range(1, int(rng.integers(6, 30))):
            true = np.round(rng.uniform(0, 180, 2) * 8) / 8  # exact in the table's 32 bits
            found = true + np.round(rng.normal(0, rng.choice([0.5, 4, 40]), 2) * 8) / 8
            shown, said = rng.random() < 0.7 or frame == 1, rng.random() < 0.6
            rows.append(seen(tuple(found), tuple(true), visible=said, true_visible=shown, frame=frame))
        clips.append([{**row, "clip_id": f"c{clip}", "width": size[0], "height": size[1]} for row in rows])
    found = scores([row for clip in clips for row in clip])
    wanted = np.mean([transcription(clip, size) for clip in clips], axis=0)
    # TP / (TP + FP + FN) is the same as TP / (visible + FP): what is visible is right or missing.
    names = ("delta_avg", "occlusion_accuracy", "average_jaccard")
    np.testing.assert_allclose([found[name].value for name in names], wanted, atol=1e-12)
    assert 0.05 < found["average_jaccard"].value < 0.95  # the drawn cases are no extremes
