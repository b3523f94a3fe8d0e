"""STIR's end points by hand: four clips, one of them of half STIR's width."""

import math

import pytest
from bleedkit_test_layouts.prediction_tables import seen, table

from bleedkit.benchmarks.metrics.score import Score
from bleedkit.benchmarks.metrics.stir import METRICS
from bleedkit.benchmarks.predictions.groups import score
from bleedkit.benchmarks.predictions.point_rows import point_rows

FULL = {"width": 1280, "height": 1024}
HALF = {"width": 640, "height": 512, "clip_id": "half"}
ROWS = [
    # Ends 8 px off; the point itself moved by 50 (30, 40, 50). What lies between does not count.
    seen((100, 100), (100, 100), is_query=True, **FULL),
    seen((900, 900), (110, 110), frame=30, **FULL),
    seen((138, 140), (130, 140), frame=60, **FULL),
    # Hidden at last, so it ends at 60: 3 px off, 6 of STIR's; moved by 10, 20 of STIR's.
    seen((10, 10), (10, 10), is_query=True, **HALF),
    seen((23, 10), (20, 10), frame=60, **HALF),
    seen((99, 99), None, frame=90, **HALF),
    # No point at the end; nothing moved.
    seen((5, 5), (5, 5), is_query=True, clip_id="lost", **FULL),
    seen(None, (5, 5), frame=30, clip_id="lost", **FULL),
    # Nothing after the query: left out.
    seen((5, 5), (5, 5), is_query=True, clip_id="short", **FULL),
]


def scores(rows):
    rows = point_rows(table("track", rows))
    return {metric.name: score(metric, rows) for metric in METRICS}


@pytest.mark.parametrize(
    ("name", "right"), [("stir_4", 0), ("stir_8", 2), ("stir_16", 2), ("stir_32", 2), ("stir_64", 2)]
)
def test_ends_at_most_so_far_off(name, right):
    assert scores(ROWS)[name] == Score(right / 3, 3)  # 8, 6, none


def test_the_average_over_limits_and_the_control_that_never_moves():
    found = scores(ROWS)
    assert found["stir_avg"].value == pytest.approx((4 / 5 + 4 / 5 + 0) / 3)
    # 50 is within 64 alone, 20 within 32 and 64, 0 within all five.
    assert found["stir_control"].value == pytest.approx((1 / 5 + 2 / 5 + 5 / 5) / 3)
    assert found["stir_avg"].n == found["stir_control"].n == 3


def test_a_tracker_that_holds_still_scores_what_the_control_does():
    still = [
        row if row["is_query"] else {**row, "x": first["x"], "y": first["y"]}
        for first, part in ((ROWS[0], ROWS[:3]), (ROWS[3], ROWS[3:6]), (ROWS[6], ROWS[6:8]))
        for row in part
    ]
    found = scores(still)
    assert found["stir_avg"] == found["stir_control"]


def test_the_order_of_rows_says_nothing_of_which_is_last():
    back, forth = scores(ROWS[::-1]), scores(ROWS)
    assert {name: one.value for name, one in back.items()} == pytest.approx({n: one.value for n, one in forth.items()})


def test_without_ends_nothing_is_scored():
    assert all(one.n == 0 and math.isnan(one.value) for one in scores([ROWS[-1]]).values())
