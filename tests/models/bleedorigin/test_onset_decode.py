import math

import torch
from hypothesis import given
from hypothesis import strategies as st

from bleedkit.models.bleedorigin.onset_decode import (
    decode_first_onset,
    decode_onset,
    first_confident_window,
    onset_of_window,
)

logits = st.integers(-30, 30).map(lambda tenths: tenths / 10)  # so close to 0 that a sigmoid rounds to 0.5: not asked
some_windows = st.lists(st.tuples(st.floats(0, 1, width=32), logits), min_size=1, max_size=30)


def said(*windows):
    return torch.tensor([position for position, _ in windows]), torch.tensor([logit for _, logit in windows])


def test_by_hand():
    # N = 10. Windows 1 and 2 are sure: 1 + floor(9.5) = 10 and 2 + floor(4.2) = 6; window 0 points to 0 but is not.
    windows = said((0.0, -1.0), (0.95, 1.0), (0.42, 2.0), (0.1, -0.5))
    assert decode_onset(*windows, 10) == 6
    assert decode_first_onset(*windows, 10) == 10
    assert first_confident_window(windows[1]) == 1


def test_nothing_is_said_where_no_window_is_sure():
    # A confidence of exactly 0.5 is not above 0.5.
    windows = said((0.3, 0.0), (0.4, -1.0))
    assert decode_onset(*windows, 10) is None
    assert decode_first_onset(*windows, 10) is None
    assert first_confident_window(windows[1]) is None


def test_a_window_points_to_no_frame_beyond_its_last():
    assert onset_of_window(torch.tensor([1.0, 1.0, 0.0]), 10).tolist() == [9, 10, 2]


@given(some_windows, st.integers(1, 60))
def test_the_earliest_is_that_of_a_plain_loop(windows, size):
    position, logit = said(*windows)
    earliest, first = None, None
    for start in range(len(windows)):
        if 1 / (1 + math.exp(-float(logit[start]))) > 0.5:
            frame = start + min(size - 1, math.floor(float(position[start] * size)))
            earliest = frame if earliest is None else min(earliest, frame)
            first = frame if first is None else first
    assert decode_onset(position, logit, size) == earliest
    assert decode_first_onset(position, logit, size) == first
    assert earliest is None or earliest <= first
