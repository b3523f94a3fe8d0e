"""Runs scored against a consensus: their truth, what their record says, and that they stay apart from others."""

import json
import shutil
from dataclasses import replace

import pytest
from bleedkit_test_layouts import two_annotators as two

from bleedkit.annotate.consensus.terms import Terms
from bleedkit.benchmarks.entries.registry import ENTRIES
from bleedkit.benchmarks.evaluation.truth_digest import truth_digest
from bleedkit.benchmarks.leaderboard.board import boards
from bleedkit.benchmarks.protocols.registry import PROTOCOLS
from bleedkit.benchmarks.runs.one_run import run_one
from bleedkit.benchmarks.runs.read_runs import read_runs
from bleedkit.benchmarks.runs.record_file import record_text
from bleedkit.benchmarks.runs.run_plan import RunJob, plan_run
from bleedkit.benchmarks.runs.suites import SUITES, suite_jobs
from bleedkit.datasets.errors import BleedkitError

SETTINGS = {"rule": "majority", "within_px": two.TERMS.within_px, "within_s": 0.5, "dice": 0.7, "teams": []}


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    return two.write_two_annotators(tmp_path_factory.mktemp("two") / "cohort", rule="majority")


@pytest.fixture(scope="module")
def job(cohort):
    return RunJob("track", "hold_still", 0, cohort.folder, "main", truth="consensus")


@pytest.fixture(scope="module")
def out(job, tmp_path_factory):
    """A folder with three runs on both truths, and what was said of them."""
    out, said = tmp_path_factory.mktemp("runs"), []
    for model, protocol in (("hold_still", "track"), ("red_centroid", "region-point")):
        for truth in ("people", "consensus"):
            run_one(replace(job, model=model, protocol=protocol, truth=truth), out, say=said.append)
    run_one(replace(job, model="human", truth="people"), out)
    (out / ".said").write_text("\n".join(said))
    return out


def records(out):
    good, bad = read_runs(out)
    assert not bad
    return {str(run.folder.relative_to(out)): run for run in good}


def test_answers_stand_beside_the_consensus(out):
    rows = records(out)["track/two/main.consensus-majority/hold_still/0"].predictions.to_pylist()
    truth = {row["frame"]: (row["true_x"], row["true_y"]) if row["true_visible"] else None for row in rows}
    assert truth == two.MAJORITY  # frame 2 is undecided, and no row
    assert {(row["x"], row["y"]) for row in rows} == {two.MAJORITY[0]}, "a track begins in the consensus"
    regions = records(out)["region-point/two/main.consensus-majority/red_centroid/0"].predictions.to_pylist()
    # Of two clips: points in frames 0, 1, 3 and 4, regions in 0 and 1.
    assert [(row["frame"], row["true_mask"] is not None) for row in regions] == [
        (0, True), (1, True), (3, False), (4, False),
    ] * 2  # fmt: skip


def test_the_record_says_which_truth_and_how_much_it_leaves_open(out):
    found = records(out)["track/two/main.consensus-majority/hold_still/0"].record
    assert found.key.truth == "consensus-majority"
    assert (found.data["truth"]["kind"], found.data["truth"]["settings"]) == ("consensus", SETTINGS)
    (note,) = found.data["left_out"]
    assert "2 of 8 points, 2 of 4 regions, 0 of 2 onsets" in note
    assert note in (out / ".said").read_text()


def test_a_run_against_people_is_what_it_always_was(out, cohort, job, tmp_path):
    """Same key, same bytes and digests, whether a consensus lies in the cohort or not; nothing is said of truth."""
    values = json.loads((out / "track/two/main/hold_still/0/run.json").read_text())
    assert sorted(values["key"]) == ["cohort", "fold", "model", "protocol", "seed", "split"]
    assert "truth" not in values["data"]
    before = two.write_two_annotators(tmp_path / "cohort")
    done = run_one(replace(job, cohort=before.folder, truth="people"), tmp_path / "runs").record
    assert (done.predictions_digest, done.truth_digest) == (values["predictions_digest"], values["truth_digest"])
    table = records(out)["track/two/main/hold_still/0"].predictions
    assert truth_digest(table) == done.truth_digest


def test_the_rule_is_in_the_digest_though_every_row_agrees(out):
    table = records(out)["track/two/main/hold_still/0"].predictions
    others = [{"rule": "majority"}, {"rule": "mean"}, {"rule": "majority", "dice": 0.7}]
    assert len({truth_digest(table), *(truth_digest(table, one) for one in others)}) == 4
    assert truth_digest(table, {}) == truth_digest(table)


def test_runs_against_two_truths_never_share_a_board(out):
    good, _ = read_runs(out)
    found = [(board.key.protocol, board.key.truth, tuple(board.models)) for board in boards(good, PROTOCOLS)]
    assert sorted(found) == [
        ("region-point", "consensus-majority", ("red_centroid",)),
        ("region-point", "people", ("red_centroid",)),
        ("track", "consensus-majority", ("hold_still",)),
        ("track", "people", ("hold_still", "human")),
    ]


def test_the_same_rule_with_other_limits_is_another_run(out, cohort, job, tmp_path):
    copy = two.write_two_annotators(tmp_path / "cohort")
    two.write_rule(copy, "majority", Terms(within_px=0))
    with pytest.raises(BleedkitError, match="finished run of other data; choose another --out"):
        run_one(replace(job, cohort=copy.folder), out)


def test_a_person_is_not_scored_against_a_consensus_of_that_person(job):
    with pytest.raises(BleedkitError, match=r"own labels are in the consensus.*leave out --truth"):
        plan_run(replace(job, model="human"), ENTRIES, PROTOCOLS)


def test_a_cohort_without_a_consensus_is_refused_before_anything_is_written(job, tmp_path):
    cohort = two.write_two_annotators(tmp_path / "cohort")
    with pytest.raises(BleedkitError, match=r"holds no consensus.*annotate agree .* --write"):
        run_one(replace(job, cohort=cohort.folder), tmp_path / "runs")
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"key": {"truth": "consensus-mean"}}, "is of truth 'consensus-mean', its data say 'consensus-majority'"),
        ({"data": {"truth": "people"}}, "truth must be a consensus"),
        ({"data": {"truth": {"kind": "consensus", "settings": {**SETTINGS, "dice": 0.5}}}}, "scored against truth"),
    ],
)
def test_a_record_that_says_another_truth_is_left_out(out, tmp_path, changes, told):
    record = records(out)["track/two/main.consensus-majority/hold_still/0"].record
    key = replace(record.key, **changes.get("key", {}))
    changed = replace(record, key=key, data={**record.data, **changes.get("data", {})})
    source, folder = out / record.key.folder, tmp_path / "runs" / key.folder
    shutil.copytree(source, folder)
    (folder / "run.json").write_text(record_text(changed))
    good, (bad,) = read_runs(tmp_path / "runs")
    assert not good
    assert told in bad.what


def test_suites_leave_people_out(cohort):
    suite = SUITES["smoke"]
    models = {truth: {job.model for job in suite_jobs(suite, [cohort.folder] * 2, truth=truth)} for truth in
              ("people", "consensus")}  # fmt: skip
    assert models["people"] - models["consensus"] == {"human"}
    assert all(job.truth == "consensus" for job in suite_jobs(suite, [cohort.folder] * 2, truth="consensus"))


def test_a_model_learns_what_it_is_scored_by(job, tmp_path):
    from bleedkit.benchmarks.training.recipe import Recipe

    wish = replace(
        job, protocol="region-point", model="unet", size="tiny", init="random", recipe=Recipe(steps=1, workers=0)
    )
    done = run_one(wish, tmp_path)
    assert done.record.data["training"]["truth"] == done.record.data["truth"]
    facts = json.loads((done.folder / "training" / "run.json").read_text())["facts"]
    assert facts["truth"]["settings"] == SETTINGS
    assert "2 of 8 points, 2 of 4 regions, 0 of 2 onsets" in facts["truth_notes"][0]
