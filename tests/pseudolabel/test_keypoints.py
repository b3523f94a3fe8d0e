"""Pseudo-keypoints: Eq. 6 of BleedOrigin on matches worked out by hand."""

import numpy as np
import pytest

from bleedkit.models.matcher import Disc, Matches
from bleedkit.pseudolabel.keypoints import KeypointRule, pseudo_keypoints

FIRST, LAST = np.zeros((540, 620, 3), np.uint8), np.ones((540, 620, 3), np.uint8)
LABELS = (100.0, 100.0), (300.0, 200.0)
PLACES = np.array([[[100, 124], [300, 224]], [[101, 100], [400, 200]], [[99, 100], [300, 201]]], np.float32)


class Listed:
    """A matcher that knows its matches beforehand and obeys the discs."""

    def match(self, first: np.ndarray, second: np.ndarray, around_first: Disc, around_second: Disc) -> Matches:
        assert (first is FIRST, second is LAST) == (True, True)
        held = around_first.holds(PLACES[:, 0]) & around_second.holds(PLACES[:, 1])
        return Matches(PLACES[held, 0], PLACES[held, 1], np.array([0.9, 0.8, 0.7], np.float32)[held])


def kept(rule: KeypointRule) -> list[list[float]]:
    return pseudo_keypoints(Listed(), rule, (FIRST, LAST), LABELS, 620).first.tolist()


@pytest.mark.parametrize(
    ("rule", "points"),
    [
        (KeypointRule(), [[100, 124], [101, 100]]),  # within 50 px of 1240, here 25; 0.7 does not exceed 0.7
        (KeypointRule(confidence=0.6), [[100, 124], [101, 100], [99, 100]]),
        (KeypointRule(radius=40.0), [[101, 100]]),
        (KeypointRule(confidence=0.6, near_next=True), [[100, 124], [99, 100]]),  # the other went 100 px off
        (KeypointRule(most=1), [[100, 124]]),
        (KeypointRule(confidence=0.95), []),
    ],
)
def test_which_matches_become_keypoints(rule, points):
    assert kept(rule) == points


def test_a_match_is_never_surer_than_half_a_pixel():
    assert KeypointRule(match_sd=3.0).variance(620) == 1.5**2
    assert KeypointRule().variance(620) == 0.25
