"""A clip as a tracker takes it: any place can be had, few are held, each is encoded once on the way forward."""

import weakref
from itertools import pairwise

import numpy as np
import pytest

from bleedkit.benchmarks.evaluation.encoded_frames import EncodedFrames


class Encoded:
    """What a tracker keeps of a frame; a class of its own, as plain numbers cannot be referred to weakly."""

    def __init__(self, number):
        self.number = number


class Encoder:
    def __init__(self):
        self.calls, self.alive = 0, weakref.WeakSet()

    def __call__(self, rgb):
        self.calls += 1
        made = Encoded(int(rgb[0, 0, 0]))
        self.alive.add(made)
        return made


def stream(length):
    return lambda: ((number, np.full((2, 2, 3), number, np.uint8)) for number in range(length))


def test_forward_each_frame_is_encoded_once_and_few_are_held():
    encoder = Encoder()
    frames = EncodedFrames(encoder, stream(200), 200)
    most = 0
    for before, now in pairwise(frames):
        assert (before.number, now.number) == (now.number - 1, now.number)
        most = max(most, len(encoder.alive))
    assert encoder.calls == 200
    assert most <= 4  # the first, the latest, and the pair in hand


def test_any_place_can_be_had():
    encoder = Encoder()
    frames = EncodedFrames(encoder, stream(10), 10)
    assert [frames[place].number for place in (5, 0, 5, 9, 2, -1, -10)] == [5, 0, 5, 9, 2, 9, 0]
    assert [one.number for one in frames[3:6]] == [3, 4, 5]
    assert [one.number for one in list(frames)] == list(range(10))
    assert len(frames) == 10
    for place in (10, -11):
        with pytest.raises(IndexError):
            frames[place]


def test_going_back_decodes_anew_and_the_first_is_always_there():
    encoder = Encoder()
    frames = EncodedFrames(encoder, stream(10), 10)
    first = frames[0]
    frames[7]
    assert encoder.calls == 2  # those between are not worth encoding
    assert frames[0] is first
    assert frames[3].number == 3
    assert frames[0].number == 0
