"""What the panel may ask for, and what a drawn region becomes."""

import numpy as np
import pytest

from bleedkit.annotate.review.wish import Outline, Wish
from bleedkit.datasets.errors import BleedkitError
from bleedkit.datasets.schema import ImageSize

TOLD = {"action": "accept", "clip_id": "clip0", "frame": 3, "seen": 0}
SQUARE = ((1.0, 1.0), (4.0, 1.0), (4.0, 4.0), (1.0, 4.0))  # the pixels of columns and rows 1 to 3
HOLE = ((2.0, 2.0), (3.0, 2.0), (3.0, 3.0), (2.0, 3.0))  # pixel (2, 2)


def test_a_wish_reads_what_the_panel_sends():
    wish = Wish.from_json({**TOLD, "action": "move", "xy": [1.5, 2], "seconds": 0.5, "target": "duct"})
    assert (wish.action, wish.clip_id, wish.frame, wish.target) == ("move", "clip0", 3, "duct")
    assert (wish.xy, wish.seconds) == ((1.5, 2.0), 0.5)


@pytest.mark.parametrize(
    "bad",
    [
        {"action": "delete"},
        {"scope": "cohort"},
        {"frame": "first"},
        {"seen": None},
        {"action": "move", "xy": [1]},
        {"action": "move", "xy": [1, float("nan")]},
        {"outlines": [{"points": [[0, 0], [1, 1]]}]},
        {"outlines": "no"},
    ],
)
def test_what_is_no_wish_is_refused(bad):
    with pytest.raises(BleedkitError):
        Wish.from_json({**TOLD, **bad})


def test_a_wish_that_lacks_something_is_refused():
    with pytest.raises(BleedkitError, match="clip_id"):
        Wish.from_json({"action": "accept", "frame": 0, "seen": 0})


def test_outlines_add_up_and_cut_in_their_order():
    wish = Wish("redraw", "clip0", 0, 0, outlines=(Outline(SQUARE), Outline(HOLE, cut=True)))
    drawn = wish.drawn(ImageSize(6, 5), there=None)
    expected = np.zeros((5, 6), bool)
    expected[1:4, 1:4] = True
    expected[2, 2] = False
    np.testing.assert_array_equal(drawn, expected)


def test_what_was_there_is_kept_only_where_wanted():
    there = np.zeros((5, 6), bool)
    there[4, 5] = True
    kept = Wish("redraw", "clip0", 0, 0, outlines=(Outline(HOLE),), keep=True).drawn(ImageSize(6, 5), there)
    anew = Wish("redraw", "clip0", 0, 0, outlines=(Outline(HOLE),)).drawn(ImageSize(6, 5), there)
    assert np.argwhere(kept).tolist() == [[2, 2], [4, 5]]
    assert np.argwhere(anew).tolist() == [[2, 2]]
