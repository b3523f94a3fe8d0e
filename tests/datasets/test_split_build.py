"""Splits: every patient once, even shares against all assignments there are, seeds, few patients, folds, nnU-Net."""

import itertools
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bleedkit.datasets.clip_strata import ClipStrata, clip_strata, shares
from bleedkit.datasets.cohort import Cohort, CohortMeta, write_tables
from bleedkit.datasets.errors import BleedkitError
from bleedkit.datasets.nnunet_split import nnunet_splits
from bleedkit.datasets.schema import Clip, Frame, ImageSize, MaskLabel, OnsetLabel, PointLabel, Review
from bleedkit.datasets.split import Split, load_split, save_split
from bleedkit.datasets.split_build import balance, build_split
from bleedkit.datasets.split_milp import solve
from bleedkit.datasets.split_official import official_split
from bleedkit.datasets.split_search import search
from bleedkit.datasets.split_target import split_target
from bleedkit.datasets.tables import table_of
from bleedkit.datasets.transaction import locked, transaction

SIZE = ImageSize(64, 48)
STRATA = ("site", "scenario", "bleeding")


def strata(patient: str, frames: int, positive: int = 0, site: str = "", clip: str = "") -> ClipStrata:
    made = Clip(clip or f"clip of {patient}", patient, patient, 30, SIZE, frames, site=site)
    return ClipStrata(made, frames, positive, frames)


def write_cohort(folder, clips: list[Clip], **labels) -> Cohort:
    frames = [Frame(c.clip_id, f, "", f / 30, "", True) for c in clips for f in range(c.n_frames)]
    tables = {"clips": table_of("clips", clips), "frames": table_of("frames", frames)}
    tables |= {name: table_of(name, rows) for name, rows in labels.items()}
    with locked(folder), transaction(folder) as staging:
        write_tables(staging, CohortMeta("toy", "toy", "1", "none", "none", "1", "0", "."), tables)
    return Cohort(folder)


def patients_cohort(folder, patients: int, frames: int = 6) -> Cohort:
    """Two clips a patient; all of the first patient's frames bleed."""
    clips = [Clip(f"p{p}c{c}", f"p{p}", f"p{p}", 30, SIZE, frames) for p in range(patients) for c in range(2)]
    points = [PointLabel(clip_id=f"p0c{c}", frame=f, x=1, y=1) for c in range(2) for f in range(frames)]
    return write_cohort(folder, clips, points=points)


# -- what is counted ------------------------------------------------------------------------------------------------


def test_bleeding_is_a_visible_point_a_region_or_at_and_after_onset(tmp_path):
    names = ["mask", "onset", "points", "silent"]
    clips = [Clip(name, "p", "p", 30, SIZE, 10) for name in names]

    def mask(frame, area):
        return MaskLabel(clip_id="mask", frame=frame, path="m.png", digest="0", area=area)

    points = [
        PointLabel(clip_id="points", frame=0, x=1, y=1),
        PointLabel(clip_id="points", frame=1, visible=False),
        PointLabel(clip_id="points", frame=2, x=1, y=1, review=Review.REJECTED),
        PointLabel(clip_id="points", frame=0, x=9, y=9, target="second"),
    ]
    cohort = write_cohort(
        tmp_path,
        clips,
        points=points,
        masks=[mask(0, 7), mask(1, 0)],
        onsets=[OnsetLabel(clip_id="onset", frame=7)],
    )
    found = {row.clip.clip_id: (row.frames, row.positive, row.labelled) for row in clip_strata(cohort)}
    # onset at 7 of 10: frames 7, 8, 9 bleed and every frame is spoken for
    assert found == {"mask": (10, 1, 2), "onset": (10, 3, 10), "points": (10, 1, 2), "silent": (10, 0, 0)}


def test_a_clip_of_two_scenarios_counts_half_to_each():
    rows = [ClipStrata(Clip("a", "p", "p", 30, SIZE, 10, scenarios=("smoke", "water")), 10, 0, 0), strata("q", 4)]
    assert {name: column.tolist() for name, column in shares(rows, "scenario").items()} == {
        "smoke": [5, 0],
        "unknown": [0, 4],
        "water": [5, 0],
    }


# -- how it is balanced ---------------------------------------------------------------------------------------------

some_patients = st.lists(
    st.tuples(st.integers(1, 400), st.floats(0, 1), st.sampled_from("abc")), min_size=3, max_size=12
)


@settings(max_examples=15, deadline=None)
@given(some_patients, st.tuples(st.integers(1, 6), st.integers(1, 3), st.integers(1, 3)), st.integers(0, 3))
def test_every_patient_is_in_one_part_no_part_is_empty_and_no_site_needlessly_missing(patients, ratio, seed):
    rows = [strata(f"p{i:02d}", n, round(n * share), site) for i, (n, share, site) in enumerate(patients)]
    target = split_target(rows, ratio, STRATA)
    assigned, report = balance(target, seed)
    assert assigned.shape == (len(patients),)
    assert set(assigned.tolist()) == {0, 1, 2}
    if report["solver"] == "mixed-integer programme":
        sites = [row.site for row in rows]
        for site in set(sites):
            if sites.count(site) >= 3:
                assert {int(k) for k, at in zip(assigned, sites, strict=True) if at == site} == {0, 1, 2}
    again, _ = balance(target, seed)
    np.testing.assert_array_equal(assigned, again)


@pytest.mark.parametrize("draw", range(4))
def test_the_split_is_within_a_hair_of_the_best_of_all_assignments(draw):
    rng = np.random.default_rng(draw)
    sizes, positive = rng.integers(20, 400, 9), rng.uniform(0, 1, 9)
    rows = [strata(f"p{i}", int(n), int(n * q)) for i, (n, q) in enumerate(zip(sizes, positive, strict=True))]
    target = split_target(rows, (4, 1, 1), ("bleeding",))
    best = min(target.score(np.array(parts)) for parts in itertools.product(range(3), repeat=9))
    assert target.score(balance(target, 0)[0])[2] <= best[2] * 1.03
    assert target.score(search(target, 0))[2] <= best[2] * 1.5 + 0.01


def test_share_errors_are_those_worked_by_hand():
    rows = [strata("a", 50, 10), strata("b", 30, 30), strata("c", 20, 0)]
    target = split_target(rows, (2, 1, 1), ("bleeding",))
    # frames .5/.3/.2 against .5/.25/.25; bleeding 10/40, 30/40, 0 against the same
    report = target.report(np.array([0, 1, 2]))
    assert report["worst_share_error"] == {"frames": 0.05, "bleeding": 0.5}


def test_the_programme_gives_up_where_parts_cannot_be_filled_and_search_takes_over():
    target = split_target([strata("a", 5), strata("b", 7)], (1, 1, 1), ())
    assert solve(target, 0) is None
    assigned, report = balance(target, 0)
    assert report["solver"] == "local search"
    assert len(set(assigned.tolist())) == 2


def test_an_unknown_stratum_is_the_callers_slip():
    with pytest.raises(ValueError, match="cannot stratify by 'colour'"):
        split_target([strata("a", 5)], (1,), ("colour",))


# -- what the user gets ---------------------------------------------------------------------------------------------


def test_a_ratio_split_holds_every_patient_and_reads_back(tmp_path):
    cohort = patients_cohort(tmp_path, 12)
    split = build_split(cohort, name="main", seed=3)
    assert set(split.folds[0]) == {f"p{i}" for i in range(12)}
    parts = list(split.folds[0].values())
    assert [parts.count(part) for part in ("train", "val", "test")] == [8, 2, 2]  # 12 equal patients, 4:1:1
    save_split(cohort, split)
    assert load_split(cohort, "main").to_json() == split.to_json() == build_split(cohort, name="main", seed=3).to_json()


def test_seeds_differ(tmp_path):
    cohort = patients_cohort(tmp_path, 12)
    assert len({json.dumps(build_split(cohort, name="m", seed=s).folds[0], sort_keys=True) for s in range(6)}) > 1


@pytest.mark.parametrize(
    ("patients", "parts", "empty"),
    [(1, {"train"}, "val and test"), (2, {"train", "test"}, "val"), (3, {"train", "val", "test"}, None)],
)
def test_few_patients_fill_train_then_test_then_val_and_a_warning_says_so(tmp_path, patients, parts, empty):
    split = build_split(patients_cohort(tmp_path, patients), name="few")
    assert set(split.folds[0].values()) == parts
    assert split.report.get("warnings", []) == (
        [f"{patients} patients cannot fill 3 parts: {empty} stay empty"] if empty else []
    )


def test_a_zero_in_the_ratio_leaves_that_part_out(tmp_path):
    split = build_split(patients_cohort(tmp_path, 5), name="two", ratio=(4, 0, 1))
    assert sorted(split.folds[0].values()) == ["test", *["train"] * 4]
    assert "warnings" not in split.report


@pytest.mark.parametrize("ratio", [(1, 1), (0, 0, 0), (1, -1, 1), (1, float("nan"), 1)])
def test_ratios_that_cannot_be_are_the_callers_slip(tmp_path, ratio):
    with pytest.raises(ValueError, match="ratio must be 3 shares"):
        build_split(patients_cohort(tmp_path, 3), name="x", ratio=ratio)


@pytest.mark.parametrize(("method", "folds"), [("kfold", 3), ("leave-one-patient-out", 7)])
def test_every_patient_is_held_out_in_exactly_one_fold(tmp_path, method, folds):
    split = build_split(patients_cohort(tmp_path, 7), name="cv", method=method, folds=3)
    assert len(split.folds) == folds
    held = [patient for fold in split.folds for patient, part in fold.items() if part == "test"]
    assert sorted(held) == [f"p{i}" for i in range(7)]
    assert all(set(fold) == set(held) and set(fold.values()) == {"train", "test"} for fold in split.folds)


@pytest.mark.parametrize(("method", "patients"), [("kfold", 4), ("leave-one-patient-out", 1)])
def test_more_folds_than_patients_is_told(tmp_path, method, patients):
    with pytest.raises(BleedkitError, match="too few for"):
        build_split(patients_cohort(tmp_path, patients), name="cv", method=method)


def test_the_official_split_is_by_clip_and_leaves_out_what_the_source_left_out(tmp_path):
    clips = [Clip(f"c{i}", "p", "p", 30, SIZE, 2, official_split=part) for i, part in enumerate(["train", "test", ""])]
    split = official_split(write_cohort(tmp_path, clips))
    assert split == Split(
        "official",
        "official",
        split.cohort_digest,
        [{"c0": "train", "c1": "test"}],
        "clip",
        report={"clips_without_part": 1},
    )
    assert official_split(patients_cohort(tmp_path / "other", 2)) is None


def test_nnunet_gets_one_train_and_val_list_per_fold(tmp_path):
    clips = [Clip(f"day/{p}", p, p, 30, SIZE, 40) for p in "abc"]
    masks = [MaskLabel(clip_id=f"day/{p}", frame=f, path="m.png", digest="0", area=1) for p in "abc" for f in (30, 0)]
    cohort = write_cohort(tmp_path, clips, masks=masks)
    split = Split("x", "ratio", cohort.digest, [{"a": "train", "b": "val", "c": "test"}])
    assert json.loads(nnunet_splits(cohort, split)) == [
        {"train": ["day__a_000000", "day__a_000030"], "val": ["day__b_000000", "day__b_000030"]}
    ]
    folds = build_split(cohort, name="cv", method="leave-one-patient-out")
    found = json.loads(nnunet_splits(cohort, folds))
    assert [fold["val"][0] for fold in found] == ["day__a_000000", "day__b_000000", "day__c_000000"]
    assert [len(fold["train"]) for fold in found] == [4, 4, 4]


def test_nnunet_without_regions_is_refused(tmp_path):
    cohort = patients_cohort(tmp_path, 3)
    with pytest.raises(BleedkitError, match="has no region labels"):
        nnunet_splits(cohort, build_split(cohort, name="x"))
