"""HoldStill: the start, again and again."""

import numpy as np

from bleedkit.models.hold_still import HoldStill


def test_every_point_stays_and_is_seen():
    tracker = HoldStill()
    start = np.array([[3.25, 4], [-5, 900]], np.float32)
    tracks = tracker.track([tracker.encode(np.zeros((8, 8, 3), np.uint8))] * 4, start)
    assert tracks.xy.tolist() == [start.tolist()] * 4
    assert not tracks.hidden.any()
    assert not tracks.step_error.any()
