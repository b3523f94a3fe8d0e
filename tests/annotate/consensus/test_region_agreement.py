import numpy as np
import pytest

from bleedkit.annotate.consensus.agreement import mask_reader
from bleedkit.annotate.consensus.region_agreement import region_agreement
from bleedkit.annotate.consensus.votes import mask_votes

from .conftest import square


def test_overlap_and_outlines_by_hand(people):
    people.draw("kim", square(10, 10, 4))
    people.draw("lee", square(12, 10, 4))  # Dice 2 * 8 / 32
    people.draw("kim", square(5, 5, 1), clip="b1")
    people.draw("lee", square(5, 8, 1), clip="b1")  # Dice 0, outlines 3 apart
    people.draw("kim", square(5, 5, 6), frame=1)
    people.draw("lee", square(0, 0, 0), frame=1)  # Dice 0, no outline
    people.draw("kim", square(0, 0, 0), frame=2)
    people.draw("lee", square(0, 0, 0), frame=2)  # nothing to overlap
    cohort = people.cohort
    found = region_agreement(mask_votes(cohort), cohort.clips, mask_reader(cohort))
    assert (found.places, len(found.pairs)) == (4, 4)
    assert (found.dice.value, found.dice.n) == (pytest.approx((0.5 + 0 + 0) / 3), 3)
    assert found.couples["kim", "lee"] == found.dice
    apart = {pair.clip_id: pair.boundary_mean for pair in found.pairs if np.isfinite(pair.boundary_mean)}
    assert apart["b1"] == 3
    # The squares' outlines have 12 pixels: of kim's, the 4 of its left column are 2 from lee's, the 2 of the next and
    # the inner 2 of the last are 1, the others 0; mirrored, lee's too: (4 * 2 + 2 + 2) / 12.
    assert found.boundary_mean.value == pytest.approx((1 + 3) / 2)
    assert found.boundary_mean.n == 2
    assert found.same_presence.value == 3 / 4
    assert [(one.name, one.frames) for one in found.drawers] == [("kim", 2), ("lee", 2)]


def test_one_person_is_none(people):
    people.draw("kim", square(1, 1, 3))
    assert region_agreement(mask_votes(people.cohort), people.cohort.clips, mask_reader(people.cohort)) is None
