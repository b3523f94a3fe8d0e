"""A consensus in the place of several people's labels, worked by hand (see layouts/two_annotators)."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from bleedkit_test_layouts import two_annotators as two

from bleedkit.annotate.consensus.agreement import consensus_of
from bleedkit.annotate.consensus.terms import Terms
from bleedkit.benchmarks.evaluation.clip_truth import clip_truth
from bleedkit.benchmarks.evaluation.clips_of import clips_of
from bleedkit.benchmarks.evaluation.whose_truth import PEOPLES_WORD, told_truth, truth_name, truth_of, truth_settings
from bleedkit.benchmarks.protocols.registry import PROTOCOLS
from bleedkit.datasets.errors import BleedkitError
from bleedkit.datasets.schema import LabelState, OnsetLabel, PointLabel, Provenance, Review

SETTINGS = {"rule": "majority", "within_px": two.TERMS.within_px, "within_s": 0.5, "dice": 0.7, "teams": []}


@pytest.fixture
def cohort(tmp_path):
    return two.write_two_annotators(tmp_path / "cohort", rule="majority")


def view_of(cohort, clip="c1"):
    return next(view for view in cohort.stream() if view.clip.clip_id == clip)


def said(cohort, truth=None):
    """The truth of clip c1, and its masks as arrays."""
    truth = truth or truth_of(cohort, "consensus")
    found = clip_truth(cohort, truth.view(view_of(cohort)))
    return found, {frame: region() for frame, region in found.regions.items()}


def point(name, frame, x, y, **rest):
    return PointLabel(clip_id="c1", frame=frame, x=x, y=y, annotator=name, **rest)


def test_the_consensus_where_one_stands_one_persons_label_where_alone_nothing_where_undecided(cohort):
    found, regions = said(cohort)
    assert found.points == two.MAJORITY
    assert found.onset == two.MAJORITY_ONSET  # (0 + 2) / 2
    assert sorted(regions) == sorted(two.MAJORITY_REGIONS)
    for frame, corner in two.MAJORITY_REGIONS.items():
        np.testing.assert_array_equal(regions[frame], two.box(*corner))


def test_people_are_not_touched_by_a_consensus_that_is_there(cohort, tmp_path):
    """Lee labelled last, so hers is the label of a frame that both labelled, and of the onset, as it always was."""
    view = view_of(cohort)
    assert truth_of(cohort, "people") is PEOPLES_WORD
    assert PEOPLES_WORD.view(view) is view
    assert (PEOPLES_WORD.name, PEOPLES_WORD.told, PEOPLES_WORD.count(view)) == ("people", {}, Counter())
    found, _ = said(cohort, PEOPLES_WORD)
    assert found.points == {0: (14, 12), 1: (20, 20), 2: (50, 40), 3: None, 4: (32, 30)}
    assert found.onset == two.ONSETS["lee"]
    before, _ = said(two.write_two_annotators(tmp_path / "without"), PEOPLES_WORD)
    assert (found.points, found.onset, sorted(found.regions)) == (before.points, before.onset, sorted(before.regions))


def test_it_says_by_which_rule_and_how_much_that_leaves_open(cohort):
    truth = truth_of(cohort, "consensus")
    assert truth.name == "consensus-majority"
    assert truth.settings == SETTINGS
    (run,) = cohort.provenance()
    assert truth.told == {"truth": {"kind": "consensus", "provenance": run, "settings": SETTINGS}}
    # kim and lee both labelled points 0, 2, 3 and 4, regions 0 and 2, and the onset; frame 2 stays open
    counted = truth.count(view_of(cohort))
    assert +counted == {"points": 4, "no points": 1, "masks": 2, "no masks": 1, "onsets": 1}
    (note,) = told_truth(truth, counted)
    assert note.startswith("truth is the consensus by the rule majority;")
    assert note.endswith("without truth, 1 of 4 points, 1 of 2 regions, 0 of 1 onsets")
    notes = clips_of(PROTOCOLS["track"], cohort, split="main", truth=truth).notes
    assert [note.endswith("2 of 8 points, 2 of 4 regions, 0 of 2 onsets") for note in notes] == [True]  # of two clips


def test_what_is_open_is_what_the_rule_itself_says(cohort):
    """Against the rule's own list, over all clips and kinds."""
    truth = truth_of(cohort, "consensus")
    rows = consensus_of(cohort, "majority", two.TERMS)
    counted = sum((truth.count(view) for view in cohort.stream()), Counter())
    for table, kind in (("points", "point"), ("masks", "region"), ("onsets", "onset")):
        undecided = sum(one == kind for one, _ in rows.undecided)
        assert (counted[f"no {table}"], counted[table]) == (undecided, undecided + len(getattr(rows, table)))


def test_without_a_consensus_the_command_that_makes_one_is_told(tmp_path):
    cohort = two.write_two_annotators(tmp_path / "cohort")
    command = rf"write it: bleedkit annotate agree {cohort.folder} --rule majority --write"
    with pytest.raises(BleedkitError, match=command):
        truth_of(cohort, "consensus")
    with pytest.raises(ValueError, match="people or consensus"):
        truth_of(cohort, "truth")


def test_only_the_rule_that_was_written_last_counts(cohort):
    two.write_rule(cohort, "mean")
    found, _ = said(cohort)
    assert found.points[2] == (30, 25)  # ((10 + 50) / 2, (10 + 40) / 2)
    assert truth_of(cohort, "consensus").name == "consensus-mean"
    two.write_rule(cohort, "majority", Terms(within_px=0))
    assert said(cohort)[0].points == {1: (20, 20), 3: None}, "nobody clicked the same pixel"


def test_a_rule_of_regions_alone_leaves_points_without_truth(cohort):
    pytest.importorskip("SimpleITK")
    two.write_rule(cohort, "staple")
    found, regions = said(cohort)
    assert (found.points, found.onset) == ({1: (20, 20)}, None)
    assert 0 in regions


def test_rows_of_two_rules_side_by_side_are_refused(cohort):
    run = Provenance("consensus", '{"rule": "mean"}', "0")
    row = PointLabel(clip_id="c1", frame=0, x=1.0, y=1.0, state=LabelState.PSEUDO, provenance=run.id)
    cohort.append(points=[row], provenance=[run])
    with pytest.raises(BleedkitError, match=r"2 rules side by side.*--write"):
        truth_of(cohort, "consensus")


@pytest.mark.parametrize("config", ["{}", "[]", "no json", '{"rule": 3}'])
def test_a_consensus_that_does_not_say_its_rule_is_refused(tmp_path, config):
    cohort = two.write_two_annotators(tmp_path / "cohort")
    run = Provenance("consensus", config, "0")
    row = PointLabel(clip_id="c1", frame=0, x=1.0, y=1.0, state=LabelState.PSEUDO, provenance=run.id)
    cohort.append(points=[row], provenance=[run])
    with pytest.raises(BleedkitError, match="does not say by which rule"):
        truth_of(cohort, "consensus")


def test_a_reviewers_label_stands_alone_though_it_came_after(cohort):
    kims = next(row for row in cohort.points("c1") if row.frame == 2 and row.annotator == "kim")
    words = {"state": LabelState.HUMAN, "review": Review.CORRECTED, "annotator": "roy"}
    cohort.append(points=[replace(kims, x=11.0, y=9.0, supersedes=kims.label_id, **words)])
    found, _ = said(cohort)
    assert found.points == {**two.MAJORITY, 2: (11, 9)}


def test_two_reviewers_who_disagree_leave_it_open(cohort):
    words = {"roy": {0: 12, 2: 10}, "sun": {0: 14, 2: 50}}
    cohort.append(
        points=[
            point(name, frame, float(x), 12.0, review=Review.ACCEPTED)
            for name, frames in words.items()
            for frame, x in frames.items()
        ]
    )
    two.write_rule(cohort, "surgblood")
    assert said(cohort)[0].points == {0: (13, 12), 1: (20, 20)}  # (12 + 14) / 2; nobody reviewed frames 3 and 4


def test_a_consensus_that_a_reviewer_accepts_stays_and_one_that_is_rejected_goes(cohort):
    for frame, review in ((0, Review.ACCEPTED), (4, Review.REJECTED)):
        (row,) = (r for r in cohort.points("c1") if r.frame == frame and r.state is LabelState.PSEUDO)
        run = Provenance("review", '{"reviewer": "roy"}', "0")
        judged = replace(row, review=review, annotator="roy", provenance=run.id, supersedes=row.label_id)
        cohort.append(points=[judged], provenance=[run])
    found, _ = said(cohort)
    assert found.points == {0: (12, 11), 1: (20, 20), 3: None}


def test_an_engines_label_in_the_place_of_a_consensus_is_none(cohort):
    (row,) = (r for r in cohort.points("c1") if r.frame == 0 and r.state is LabelState.PSEUDO)
    run = Provenance("pseudolabel", "{}", "0")
    cohort.append(points=[replace(row, x=1.0, provenance=run.id, supersedes=row.label_id)], provenance=[run])
    assert 0 not in said(cohort)[0].points


def test_one_person_stays_out_where_another_was_rejected_and_the_rule_decided_nothing(cohort):
    """Two labelled frame 4; with lee's rejected, `expert` still wants a reviewer's word and not kim's."""
    lees = next(row for row in cohort.points("c1") if row.frame == 4 and row.annotator == "lee")
    cohort.append(points=[replace(lees, review=Review.REJECTED, annotator="roy", supersedes=lees.label_id)])
    cohort.append(points=[point("roy", 0, 12.0, 12.0, review=Review.ACCEPTED)])
    two.write_rule(cohort, "expert")
    assert said(cohort)[0].points == {0: (12, 12), 1: (20, 20)}


def test_an_undecided_part_leaves_a_frames_region_open(cohort):
    """Both draw a second region in frame 0, far apart: what bleeds there is not known, though the first is."""
    for name, x in (("kim", 30), ("lee", 50)):
        two.draw(cohort, name, two.box(x, 30, 4, 4), clip="c1", frame=0, target="region-2")
    two.write_rule(cohort, "majority")
    assert sorted(said(cohort)[1]) == [1]
    for name in ("kim", "lee"):  # tissue is no bleeding region, and no part of one
        two.draw(cohort, name, two.box(30 if name == "kim" else 50, 4, 4, 4), clip="c2", frame=1, target="tissue")
    two.write_rule(cohort, "majority")
    truth = truth_of(cohort, "consensus")
    assert sorted(clip_truth(cohort, truth.view(view_of(cohort, "c2"))).regions) == [0, 1]
    assert truth.count(view_of(cohort, "c2"))["masks"] == 2


def test_labels_after_the_consensus_are_told(cohort):
    cohort.append(points=[point("sun", 0, 20.0, 20.0)])
    truth = truth_of(cohort, "consensus")
    notes = told_truth(truth, truth.count(view_of(cohort)))
    assert ["labelled again after their consensus was written: 1;" in note for note in notes] == [False, True]
    two.write_rule(cohort, "mean")
    truth = truth_of(cohort, "consensus")
    assert len(told_truth(truth, truth.count(view_of(cohort)))) == 1


def test_without_a_decided_label_there_is_nothing_to_score(cohort):
    """Two of four say that it never bleeds, and half is no majority."""
    cohort.append(onsets=[OnsetLabel(clip_id=clip, frame=-1, annotator=name) for clip in two.CLIPS for name in "xy"])
    two.write_rule(cohort, "majority")
    with pytest.raises(BleedkitError, match=r"no clip for protocol onset.*the rule majority.*2 of 2 onsets"):
        clips_of(PROTOCOLS["onset"], cohort, split="main", truth=truth_of(cohort, "consensus"))


def test_what_a_record_says_is_read_back():
    assert truth_name(truth_settings({})) == "people"
    assert truth_name(truth_settings({"truth": {"kind": "consensus", "settings": SETTINGS}})) == "consensus-majority"
    for nonsense in ("people", {}, {"kind": "x", "settings": {}}, {"kind": "consensus"}, None):
        with pytest.raises(ValueError, match="truth must be a consensus"):
            truth_settings({"truth": nonsense})
