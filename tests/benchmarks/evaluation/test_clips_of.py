"""Which clips are scored, what is said of the others, and when leaks stop an evaluation."""

from dataclasses import replace

import pytest
from bleedkit_test_layouts.hemoset import write_hemoset

from bleedkit.benchmarks.evaluation.clips_of import clips_of
from bleedkit.benchmarks.protocols.registry import PROTOCOLS
from bleedkit.datasets.build import build_cohort
from bleedkit.datasets.digest import value_digest
from bleedkit.datasets.errors import BleedkitError
from bleedkit.datasets.registry import DATASETS
from bleedkit.datasets.schema import OnsetLabel
from bleedkit.datasets.split import load_split


def facts(of, **changes):
    split = value_digest(load_split(of, "main").to_json())
    own = {"cohort": of.meta.name, "cohort_digest": of.digest, "split": "main", "split_digest": split}
    return {**own, "fold": 0, "part": "train", **changes}


@pytest.mark.parametrize("name", ["region-point", "onset", "source", "track", "deploy"])
def test_the_part_for_testing(built, name):
    cohort, _ = built
    split = load_split(cohort, "main")
    wanted = [clip_id for clip_id, clip in cohort.clips.items() if split.part(clip) == "test"]
    found = clips_of(PROTOCOLS[name], cohort, split="main", trained_on=facts(cohort))
    assert (list(found.clip_ids), found.notes, found.leaky) == (wanted, (), ())
    assert len(wanted) == 2


def test_every_clip_of_another_cohort(built):
    cohort, _ = built
    elsewhere = facts(cohort, cohort="other", cohort_digest="0")
    found = clips_of(PROTOCOLS["hemoset-zero-shot"], cohort, split="", trained_on=elsewhere)
    assert found.clip_ids == tuple(cohort.clips)
    with pytest.raises(BleedkitError, match="asks for a cohort it never saw"):
        clips_of(PROTOCOLS["hemoset-zero-shot"], cohort, split="", trained_on=facts(cohort))


def test_a_leaky_split_is_refused_or_marked(built):
    cohort, _ = built
    with pytest.raises(BleedkitError, match=r"split official leaks: patient patient1 is in .*, and 2 more") as error:
        clips_of(PROTOCOLS["region-point"], cohort, split="official")
    assert "--allow-leak" in error.value.remedy
    found = clips_of(PROTOCOLS["region-point"], cohort, split="official", allow_leak=True)
    assert len(found.clip_ids) == 3
    assert found.leaky[0].startswith("split official leaks: patient patient1 is in train and test")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"part": "test"}, "trained on the part test itself"),
        ({"fold": 1}, "trained on split main, fold 1, not on main, fold 0"),
        ({"split_digest": "0", "split": "other"}, "trained on split other, fold 0"),
        ({"cohort_digest": "0"}, "trained on another state of"),
    ],
)
def test_a_training_that_may_have_seen_the_patients_is_refused_or_marked(built, changes, told):
    cohort, _ = built
    with pytest.raises(BleedkitError, match=told):
        clips_of(PROTOCOLS["onset"], cohort, split="main", trained_on=facts(cohort, **changes))
    found = clips_of(PROTOCOLS["onset"], cohort, split="main", trained_on=facts(cohort, **changes), allow_leak=True)
    assert told in found.leaky[0]


def test_a_training_on_another_cohort_is_fine(built):
    cohort, _ = built
    elsewhere = facts(cohort, cohort="other", cohort_digest="0", split_digest="0")
    assert not clips_of(PROTOCOLS["onset"], cohort, split="main", trained_on=elsewhere).leaky


@pytest.mark.parametrize(
    ("split", "fold", "told"),
    [("none", 0, "no split 'none'"), ("main", 1, "folds 0 to 0, not 1"), ("", 0, "cannot name a split")],
)
def test_a_split_that_is_not_there_is_told(built, split, fold, told):
    with pytest.raises(BleedkitError, match=told):
        clips_of(PROTOCOLS["onset"], built[0], split=split, fold=fold)


@pytest.fixture(scope="module")
def hemoset(tmp_path_factory):
    """Masks alone, two animals, an image a second."""
    folder = tmp_path_factory.mktemp("hemoset")
    write_hemoset(folder / "src", animals=2)
    return build_cohort(DATASETS["hemoset"], folder / "src", folder / "cohort").cohort


def test_what_the_clips_lack_is_told(hemoset):
    zero_shot = PROTOCOLS["hemoset-zero-shot"]
    assert len(clips_of(zero_shot, hemoset, split="").clip_ids) == 2
    for name, told in (("onset", "an onset label"), ("source", "a visible point label"), ("deploy", "an onset label")):
        with pytest.raises(BleedkitError, match=rf"no clip for protocol {name}: its clips lack {told} \(2\)"):
            clips_of(replace(PROTOCOLS[name], part=""), hemoset, split="")


def test_clips_left_out_are_noted(hemoset):
    never, _ = hemoset.clips
    hemoset.append(onsets=[OnsetLabel(clip_id=never, frame=-1)])
    found = clips_of(replace(PROTOCOLS["onset"], part=""), hemoset, split="")
    assert (found.clip_ids, found.notes) == ((never,), ("1 of 2 clips left out: without an onset label",))
    with pytest.raises(BleedkitError, match=r"lack bleeding \(1\), an onset label \(1\)"):
        clips_of(replace(PROTOCOLS["deploy"], part=""), hemoset, split="")
