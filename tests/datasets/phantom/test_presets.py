"""Presets: the papers' figures, plans that hang on the seed only, numbers no cohort can have."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bleedkit.datasets.errors import BleedkitError
from bleedkit.datasets.phantom.clip_plan import PlannedClip, spread
from bleedkit.datasets.phantom.presets import PRESETS, plan_cohort

NAMES = sorted(PRESETS)


def patients(plans: tuple[PlannedClip, ...], part: str | None = None) -> set[str]:
    """Who has a clip, in one official part or in any."""
    return {plan.row.patient_id for plan in plans if part is None or plan.row.official_split == part}


def test_surgblood_has_the_papers_figures():
    plans = plan_cohort("surgblood")
    lengths = [plan.row.n_frames for plan in plans]
    assert (len(plans), len(patients(plans)), sum(lengths)) == (95, 42, 5330)
    assert (min(lengths), max(lengths), round(sum(lengths) / 95)) == (8, 300, 56)
    assert {(plan.row.size.width, plan.row.size.height, plan.row.fps) for plan in plans} == {(1280, 720, 2.0)}
    shares = {site: 100 * count / 95 for site, count in Counter(plan.row.site for plan in plans).items()}
    paper = {"gallbladder": 21.64, "cystic triangle": 25.01, "vessel": 15.78, "gallbladder bed": 37.75}
    assert all(abs(shares[site] - stated) < 0.6 for site, stated in paper.items())  # half a clip is 0.53 %


def test_surgblood_draws_its_parts_over_clips_so_patients_leak():
    plans = plan_cohort("surgblood")
    assert Counter(plan.row.official_split for plan in plans) == {"train": 75, "test": 20}
    assert patients(plans, "train") & patients(plans, "test")


def test_surgblood_is_quiet_for_three_seconds_before_and_after():
    for plan in plan_cohort("surgblood"):
        assert plan.scene.onset_frame == (6 if plan.row.n_frames >= 24 else plan.row.n_frames // 4)
        assert plan.scene.stop_frame == plan.row.n_frames - plan.scene.onset_frame


def test_bleedorigin_has_the_papers_figures():
    plans = plan_cohort("bleedorigin")
    tracked = [plan.row.n_frames - 120 for plan in plans]
    assert (len(plans), len(patients(plans))) == (485, 44)
    assert (min(tracked), max(tracked), sum(tracked)) == (31, 731, 1771 + 39755)
    assert sum(len(plan.point_frames) for plan in plans) == 1771
    assert {plan.scene.onset_frame for plan in plans} == {120} == {plan.point_frames[0] for plan in plans}
    assert all(plan.row.n_frames >= 150 for plan in plans)
    assert {str(plan.row.size) for plan in plans} == {"1240x1080", "780x670"}
    assert len({plan.row.site for plan in plans}) == 8
    assert len({name for plan in plans for name in plan.row.scenarios}) == 6


def test_its_tracking_clips_alone_bleed_from_the_first_frame_and_keep_their_length_at_any_scale():
    plans = plan_cohort("bleedorigin-track", scale=0.1)
    lengths = [plan.row.n_frames for plan in plans]
    assert sorted(lengths) == sorted(plan.row.n_frames - 120 for plan in plan_cohort("bleedorigin"))
    assert sum(len(plan.point_frames) for plan in plans) == 1771
    assert {plan.scene.onset_frame for plan in plans} == {0} == {plan.point_frames[0] for plan in plans}
    assert {str(plan.row.size) for plan in plans} == {"124x108", "78x68"}


def test_bleedorigin_keeps_parts_by_patient_and_five_patients_out_of_them():
    plans = plan_cohort("bleedorigin")
    assert [len(patients(plans, part)) for part in ("train", "val", "test", "")] == [25, 6, 8, 5]
    assert len(patients(plans)) == 25 + 6 + 8 + 5


def test_hemoset_has_the_papers_figures():
    plans = plan_cohort("hemoset")
    assert (len(plans), len(patients(plans))) == (11, 11)
    assert sum(len(plan.mask_frames) for plan in plans) == 857
    assert all(frame % 30 == 0 for plan in plans for frame in plan.mask_frames)
    assert {(str(plan.row.size), plan.row.fps) for plan in plans} == {("640x480", 30.0)}


def test_the_demo_is_small_and_of_six_patients():
    plans = plan_cohort("demo")
    assert len(patients(plans)) == 6
    assert sum(plan.row.n_frames for plan in plans) < 1500
    assert all(len(plan.point_frames) >= 3 for plan in plans)


@settings(deadline=None, max_examples=25)
@given(st.sampled_from(NAMES), st.integers(0, 2**40), st.integers(1, 30), st.integers(1, 30))
def test_asking_for_more_clips_never_changes_the_first_ones(name, seed, fewer, more):
    assert plan_cohort(name, seed=seed, clips=fewer + more)[:fewer] == plan_cohort(name, seed=seed, clips=fewer)


@settings(deadline=None, max_examples=25)
@given(st.sampled_from(NAMES), st.integers(0, 2**40), st.integers(1, 12), st.integers(0, 30), st.floats(0.05, 2))
def test_every_plan_holds_together(name, seed, people, more, scale):
    plans = plan_cohort(name, seed=seed, patients=people, clips=people + more, scale=scale)
    assert len(patients(plans)) == people
    assert len({plan.row.clip_id for plan in plans}) == len(plans)
    assert len({plan.scene.seed for plan in plans}) == len(plans)
    looks = {}
    for plan in plans:
        assert (plan.row.n_frames, plan.row.size, plan.row.fps) == (
            plan.scene.n_frames,
            plan.scene.size,
            plan.scene.fps,
        )
        assert plan.row.size.width % 2 == plan.row.size.height % 2 == 0
        assert all(0 <= frame < plan.row.n_frames for frame in (*plan.point_frames, *plan.mask_frames))
        key = plan.row.patient_id, plan.row.site
        assert looks.setdefault(key, plan.scene.patient) == plan.scene.patient


def test_another_seed_gives_other_clips():
    assert plan_cohort("demo", seed=1)[0].scene.seed != plan_cohort("demo", seed=2)[0].scene.seed


def test_fewer_clips_have_fewer_patients_in_proportion():
    assert len(patients(plan_cohort("surgblood", clips=19))) == -(-19 * 42 // 95)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"preset": "none"}, "no preset 'none'"),
        ({"clips": 0}, "clips must be 1 to"),
        ({"clips": 3, "patients": 4}, "patients must be 1 to 3"),
        ({"scale": 0.0}, "scale must be"),
        ({"scale": float("nan")}, "scale must be"),
        ({"seed": -1}, "seed must be 0 or more"),
    ],
)
def test_numbers_no_cohort_can_have_are_refused_in_one_line(wrong, said):
    with pytest.raises(BleedkitError, match=said) as caught:
        plan_cohort(**{"preset": "demo", **wrong})
    assert "\n" not in str(caught.value)


def test_spread_gives_each_part_its_quota_and_mixes_them():
    order = spread({"a": 4, "b": 2})
    assert Counter(order) == {"a": 4, "b": 2}
    assert order[:3].count("b") == 1
