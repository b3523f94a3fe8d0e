import torch

from bleedkit.models.bleedorigin.clean_view import CleanViewJudge, is_clean_view, log_cleanness
from bleedkit.models.bleedorigin.difference_stack import difference_stack
from bleedkit.models.bleedorigin.domains import DomainDifferences


def logits(*chances):
    return torch.logit(torch.tensor(chances))


def test_both_must_lie_below_their_thresholds():
    found = is_clean_view(logits((0.4, 0.4), (0.6, 0.4), (0.4, 0.6), (0.6, 0.6)))
    assert found.tolist() == [True, False, False, False]


def test_a_confidence_at_its_threshold_is_not_below_it():
    assert not is_clean_view(torch.zeros(1, 2))  # the sigmoid of 0 is 0.5


def test_each_domain_has_its_own_threshold():
    both = logits((0.3, 0.6))
    assert is_clean_view(both, alpha=0.35, gamma=0.65)
    assert not is_clean_view(both, alpha=0.25, gamma=0.65)
    assert not is_clean_view(both, alpha=0.35, gamma=0.55)


def test_cleanness_is_the_product_of_what_is_left():
    assert torch.allclose(log_cleanness(logits((0.2, 0.75))), torch.log(torch.tensor([0.8 * 0.25])))


def change(*, colour=0.0, motion=0.0):
    return DomainDifferences(
        rgb=torch.full((1, 3, 16, 16), colour),
        hsv=torch.full((1, 3, 16, 16), colour),
        flow=torch.full((1, 2, 16, 16), motion),
    )


def test_a_fresh_judge_keeps_an_unchanged_view():
    torch.manual_seed(0)
    assert is_clean_view(CleanViewJudge(8)(change()))


def test_the_judge_reads_every_domain_and_learns_from_each():
    torch.manual_seed(0)
    judge = CleanViewJudge(8)
    still = judge(change())
    assert not torch.allclose(judge(change(colour=0.5)), still)
    assert not torch.allclose(judge(change(motion=0.5)), still)
    judge(change(colour=0.5, motion=0.5)).sum().backward()
    assert all(parameter.grad.abs().sum() > 0 for parameter in judge.parameters())


def test_a_stack_has_three_convolutions_and_an_eighth_of_the_sides():
    stack = difference_stack(2, 6)
    assert sum(isinstance(layer, torch.nn.Conv2d) for layer in stack) == 3
    assert stack(torch.rand(1, 2, 32, 48)).shape == (1, 6, 4, 6)
