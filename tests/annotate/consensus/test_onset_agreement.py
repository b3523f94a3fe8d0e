import numpy as np
import pytest

from bleedkit.annotate.consensus.onset_agreement import onset_agreement
from bleedkit.annotate.consensus.votes import onset_votes

from .conftest import onset


def test_differences_by_hand(people):
    # 10 fps: 8 - 6 = 2 frames, 4 - 10 = -6 frames; in b1 only kim says that it bleeds.
    cohort = people.say(
        *(onset("kim", 8), onset("lee", 6)),
        *(onset("kim", 4, clip="a2"), onset("lee", 10, clip="a2")),
        *(onset("kim", 5, clip="b1"), onset("lee", -1, clip="b1")),
    )
    found = onset_agreement(onset_votes(cohort), cohort.clips)
    assert (found.clips, len(found.pairs)) == (3, 3)
    assert (found.median_frames.value, found.median_frames.n) == (4, 2)
    assert found.worst_frames == 6
    assert found.median_s.value == pytest.approx(0.4)
    assert {limit: one.value for limit, one in found.within_s.items()} == {0.1: 0, 0.5: 0.5, 1.0: 1}
    assert found.offset["kim", "lee"].bias == -2
    assert found.same_bleeds.value == pytest.approx(2 / 3)
    # Seconds 0.8 0.6 and 0.4 1.0: observed (0.2^2 + 0.6^2) / 2; expected 2 * 4 / 3 * variance 0.05.
    assert found.alpha == pytest.approx(1 - 0.2 / (8 / 3 * 0.05))


def test_nobody_says_that_it_bleeds(people):
    cohort = people.say(onset("kim", -1), onset("lee", -1))
    found = onset_agreement(onset_votes(cohort), cohort.clips)
    assert found.same_bleeds.value == 1
    assert found.median_frames.n == 0
    assert np.isnan(found.worst_frames)


def test_one_person_is_none(people):
    cohort = people.say(onset("kim", 3))
    assert onset_agreement(onset_votes(cohort), cohort.clips) is None
