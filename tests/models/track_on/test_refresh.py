"""When a point is asked for again: on the frame in the paper, at the first sure look of our adaptive way."""

import pytest
import torch

from bleedkit.models.track_on.refresh import Refresh

AGE = torch.tensor([29, 30, 30, 30, 31])
VISIBLE = torch.tensor([0.99, 0.99, 0.5, 0.99, 0.91])
UNCERTAIN = torch.tensor([0.01, 0.01, 0.01, 0.5, 0.19])


def test_a_fixed_refresh_takes_every_point_that_is_due():
    assert Refresh(every=30).which(AGE, VISIBLE, UNCERTAIN).tolist() == [False, True, True, True, True]


def test_an_adaptive_one_waits_for_a_sure_look():
    """Not due; sure; hidden; uncertain; sure and overdue."""
    adaptive = Refresh(every=30, adaptive=True)
    assert adaptive.which(AGE, VISIBLE, UNCERTAIN).tolist() == [False, True, False, False, True]


def test_how_sure_is_a_setting():
    strict = Refresh(every=30, adaptive=True, sure_visible=0.95, sure_uncertain=0.001)
    assert not strict.which(AGE, VISIBLE, UNCERTAIN).any()


def test_never_means_never():
    assert not Refresh().which(AGE, VISIBLE, UNCERTAIN).any()


@pytest.mark.parametrize("settings", [{"every": 0}, {"every": -30}, {"adaptive": True}])
def test_a_schedule_that_means_nothing_is_refused(settings):
    with pytest.raises(ValueError, match="every"):
        Refresh(**settings)
