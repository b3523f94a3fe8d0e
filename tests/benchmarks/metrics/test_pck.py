"""PCK by hand, in frames of 1024x512: in the authors' square a pixel is half as wide as it is high."""

import numpy as np
import pytest
from bleedkit_test_layouts.prediction_tables import table
from bleedkit_test_layouts.region_tables import point

from bleedkit.benchmarks.metrics.pck import METRICS
from bleedkit.benchmarks.metrics.score import Score
from bleedkit.benchmarks.predictions.groups import score
from bleedkit.benchmarks.predictions.region_point_table import region_point_rows

TRUE = (500, 200)


def scores(*rows):
    wide = {"width": 1024, "height": 512}
    rows = region_point_rows(table("region-point", [{"frame": i, **wide, **row} for i, row in enumerate(rows)]))
    return {metric.name: score(metric, rows) for metric in METRICS}


# Limits in the square are 10.24, 25.6 and 51.2; in the frame 2, 5 and 10 % of 1024: 20.48, 51.2 and 102.4 px.
@pytest.mark.parametrize(
    ("moved", "square", "frame"),
    [
        ((0, 0), (1, 1, 1), (1, 1, 1)),
        ((20, 0), (1, 1, 1), (1, 1, 1)),  # 10 in the square, 20 in the frame
        ((21, 0), (0, 1, 1), (0, 1, 1)),  # 10.5 and 21
        ((0, 20), (0, 1, 1), (1, 1, 1)),  # 20 and 20
        ((0, 26), (0, 0, 1), (0, 1, 1)),  # 26 and 26
        ((60, 40), (0, 0, 1), (0, 0, 1)),  # (30, 40): 50; 72.1
        ((0, -90), (0, 0, 0), (0, 0, 1)),  # 90 and 90
        ((-110, 0), (0, 0, 0), (0, 0, 0)),  # 55 and 110
    ],
)
def test_one_point(moved, square, frame):
    found = scores(point((TRUE[0] + moved[0], TRUE[1] + moved[1]), TRUE))
    assert tuple(found[f"pck_{a}"].value for a in (2, 5, 10)) == square
    assert tuple(found[f"pck_frame_{a}"].value for a in (2, 5, 10)) == frame


def test_nearer_is_meant_strictly():
    square = {"width": 640, "height": 640}
    assert 64 * (512 / 640) == 0.1 * 512  # 51.2, to the last bit
    assert scores({**point((0, 64), (0, 0)), **square})["pck_10"].value == 0
    assert scores({**point((0, 63.9), (0, 0)), **square})["pck_10"].value == 1


def test_frames_with_a_true_point_count_whatever_is_said_of_presence():
    found = scores(
        point(TRUE, TRUE, confidence=0.0),  # met, though said to be absent
        point((0, 0), TRUE, confidence=1.0),
        point(None, TRUE),  # no answer: missed
        point(TRUE, None),  # looked for and not there
        {"x": 1.0, "y": 1.0},  # nobody looked
    )
    assert {str(one) for one in found.values()} == {str(Score(1 / 3, 3))}


def test_a_model_without_points_has_no_score():
    assert {str(one) for one in scores(point(None, TRUE), point(None, TRUE)).values()} == {str(Score.nothing())}
    assert {str(one) for one in scores(point(TRUE, None)).values()} == {str(Score.nothing())}


def test_as_the_authors_loop_counts():
    rng = np.random.default_rng(9)
    size = np.array([1280, 720])
    true = (rng.uniform(0, 1, (60, 2)) * size).astype(np.float32)
    found = (true + rng.normal(0, 40, (60, 2))).astype(np.float32)
    near = {2: 0, 5: 0, 10: 0}
    for one, other in zip(found / size, true / size, strict=True):
        distance = np.sqrt((((one - other) * 512) ** 2).sum())
        for percent in near:
            near[percent] += int(distance < 512 * percent / 100)
    rows = [{**point(one, other), "width": 1280, "height": 720} for one, other in zip(found, true, strict=True)]
    ours = scores(*rows)
    assert {percent: ours[f"pck_{percent}"].value for percent in near} == {a: n / 60 for a, n in near.items()}
    assert 0 < near[2] < near[5] < near[10] < 60


def test_bands_are_drawn_as_curves():
    assert [(m.band, m.at) for m in METRICS] == [(band, a) for band in ("pck", "pck_frame") for a in (2, 5, 10)]
