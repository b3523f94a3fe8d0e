"""Seconds of the model alone, with a clock that tests can turn."""

import pytest

from bleedkit.benchmarks.evaluation import prediction_clock
from bleedkit.benchmarks.evaluation.prediction_clock import PredictionClock


@pytest.fixture
def turn(monkeypatch):
    """turn(s): so much time passes."""
    now = [0.0]
    monkeypatch.setattr(prediction_clock, "perf_counter", lambda: now[0])

    def turned(seconds):
        now[0] += seconds

    return turned


def decoder(turn):
    for picture in range(3):
        turn(5)
        yield picture


def test_a_stream_of_answers(turn):
    """Each frame takes 5 s to decode, 2 s to answer, and 1 s that whoever listens needs for himself."""
    clock = PredictionClock()

    def model(pictures):
        for picture in pictures:
            turn(2)
            yield picture

    for _ in clock.answers(model(clock.decoding(decoder(turn)))):
        turn(1)
    assert (clock.frames, clock.seconds, clock.frames_per_s) == (3, 6, 0.5)


def test_one_answer_of_a_clip(turn):
    clock = PredictionClock()
    with clock.asked(frames=3):
        turn(1)
        for _ in clock.decoding(decoder(turn)):
            turn(2)
    assert (clock.frames, clock.seconds) == (3, 7)


def test_decoding_before_the_question_does_not_count(turn):
    clock = PredictionClock()
    pictures = list(clock.decoding(decoder(turn)))
    with clock.asked(frames=1):
        turn(4)
    assert (clock.seconds, len(pictures)) == (4, 3)


def test_a_model_that_fails_leaves_the_clock_right(turn):
    clock = PredictionClock()

    def failing():
        turn(2)
        raise ValueError("no")
        yield

    with pytest.raises(ValueError, match="no"):
        list(clock.answers(failing()))
    assert (clock.frames, clock.seconds) == (0, 2)
