import pytest

from bleedkit.benchmarks.training.recipe import Recipe
from bleedkit.benchmarks.training.schedule import Schedule


def test_a_straight_rise_then_a_straight_fall():
    schedule = Schedule(steps=10, warm_up=4, decay=True)
    # Rise: (step + 1) / 4. Fall: (10 - step) / 6.
    wanted = [1 / 4, 2 / 4, 3 / 4, 4 / 4, 6 / 6, 5 / 6, 4 / 6, 3 / 6, 2 / 6, 1 / 6]
    assert [schedule.factor(step) for step in range(10)] == pytest.approx(wanted)


def test_a_fixed_rate_stays():
    assert {Schedule(steps=5, warm_up=0, decay=False).factor(step) for step in range(5)} == {1.0}


def test_warm_up_to_the_end_is_allowed():
    assert [Schedule(steps=2, warm_up=2, decay=True).factor(step) for step in range(2)] == [0.5, 1.0]


def test_a_recipe_counts_epochs_unless_steps_are_given():
    assert Recipe(epochs=20, warm_up=0.05).schedule(30) == Schedule(600, 30, True)
    assert Recipe(epochs=20, steps=7, warm_up=0.5, decay=False).schedule(30) == Schedule(7, 4, False)


def test_the_digest_hangs_on_what_changes_weights_and_on_nothing_else():
    base = Recipe().digest({"cohort": "a"}, 1)
    assert Recipe(workers=3, save_every=7, keep=9).digest({"cohort": "a"}, 1) == base
    others = [
        Recipe(seed=1).digest({"cohort": "a"}, 1),
        Recipe().digest({"cohort": "b"}, 1),
        Recipe().digest({"cohort": "a"}, 2),
    ]
    assert len({base, *others}) == 4


@pytest.mark.parametrize("wrong", [{"epochs": 0}, {"steps": 0}, {"batch": 0}, {"warm_up": 1.5}, {"rate": 0.0}])
def test_what_cannot_be_is_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Recipe(**wrong)
