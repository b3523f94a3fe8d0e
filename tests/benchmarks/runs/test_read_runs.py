"""Real runs, then spoilt in every way one could think of: each is named and left out, and the others still count."""

import json
import os
import pickle
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from bleedkit.benchmarks.evaluation.truth_digest import truth_digest
from bleedkit.benchmarks.runs.read_runs import read_runs
from bleedkit.benchmarks.runs.record_file import read_record, record_text
from bleedkit.datasets.digest import file_digest
from bleedkit.datasets.errors import BleedkitError

TRACK = Path("track/surgblood/main")
STILL = TRACK / "hold_still" / "0"


def test_finished_runs_count(runs):
    good, bad = read_runs(runs)
    assert bad == []
    assert [str(run.folder.relative_to(runs)) for run in good] == [
        "region-point/surgblood/main/red_centroid/0",
        "track/surgblood/main/hold_still/0",
        "track/surgblood/main/lucas_kanade/0",
    ]
    for run in good:
        assert run.record.predictions_digest == file_digest(run.folder / "predictions.parquet")
        assert len(run.predictions) > 0


def change(folder, **changes):
    """Write the record anew with other values, and the digest of itself that goes with them."""
    record = read_record(folder / "run.json").record
    (folder / "run.json").write_text(record_text(replace(record, **changes)))


def swap(folder, edit):
    """Other predictions, under a record that knows their digests and states the old scores."""
    path = folder / "predictions.parquet"
    pq.write_table(edit(pq.read_table(path)), path)
    change(folder, predictions_digest=file_digest(path), truth_digest=truth_digest(pq.read_table(path)))


def edit_by_hand(folder, *keys, value):
    values = json.loads((folder / "run.json").read_text())
    inner = values
    for key in keys[:-1]:
        inner = inner[key]
    inner[keys[-1]] = value
    (folder / "run.json").write_text(json.dumps(values, indent=2))


def without_frames(table):
    return table.slice(0, len(table) - 1)


def moved(table):
    return table.set_column(table.column_names.index("x"), "x", pc.add(table["x"], pa.scalar(30.0, pa.float32())))


def link_out(folder):
    outside = folder.parents[5] / "outside.parquet"
    shutil.move(folder / "predictions.parquet", outside)
    (folder / "predictions.parquet").symlink_to(outside)


def key_of(folder, **changes):
    return replace(read_record(folder / "run.json").record.key, **changes)


SPOILT = {
    "no record": (lambda f: (f / "run.json").unlink(), "has no run.json"),
    "no predictions": (lambda f: (f / "predictions.parquet").unlink(), "has no predictions.parquet"),
    "cut record": (lambda f: (f / "run.json").write_text((f / "run.json").read_text()[:300]), "is not JSON"),
    "a pickle": (lambda f: (f / "run.json").write_bytes(pickle.dumps([1])), "is not UTF-8|is not JSON"),
    "a folder": (lambda f: [(f / "run.json").unlink(), (f / "run.json").mkdir()], "no plain file|has no run.json"),
    "a pipe": (lambda f: [(f / "run.json").unlink(), os.mkfifo(f / "run.json")], "no plain file"),
    "not finished": (lambda f: change(f, state="going"), "is not finished"),
    "failed": (lambda f: change(f, state="failed", error="out of memory"), "failed: out of memory"),
    "cut predictions": (
        lambda f: (f / "predictions.parquet").write_bytes((f / "predictions.parquet").read_bytes()[:-9]),
        "has digest .*one of them was changed",
    ),
    "no parquet": (
        lambda f: [
            (f / "predictions.parquet").write_bytes(b"PAR1 and no more"),
            change(f, predictions_digest=file_digest(f / "predictions.parquet")),
        ],
        "cannot be read as Parquet",
    ),
    "a frame too few": (lambda f: swap(f, without_frames), "states .* its predictions give"),
    "other answers": (lambda f: swap(f, moved), "states .* its predictions give"),
    "rows twice": (lambda f: swap(f, lambda table: table.take([0, 0, *range(1, len(table))])), "has a frame twice"),
    "score by hand": (
        lambda f: edit_by_hand(f, "scores", "mean_error", "value", value=0.5),
        r"states mean_error 0\.5 of \d+, its predictions give",
    ),
    "score, digest and all": (
        lambda f: change(
            f, scores={n: replace(s, n=s.n + 1) for n, s in read_record(f / "run.json").record.scores.items() if s.n}
        ),
        "its predictions give",
    ),
    "a score more": (lambda f: edit_by_hand(f, "scores", "wisdom", value={"value": 1.0, "n": 1}), "no such score"),
    "no scores": (lambda f: change(f, scores={}), "states no acc_50"),
    "leak hidden by hand": (lambda f: edit_by_hand(f, "leaky", value=True), "was changed after it was written"),
    "hardware by hand": (lambda f: edit_by_hand(f, "hardware", "gpu", value="H200"), "was changed after"),
    "unknown protocol": (lambda f: change(f, key=key_of(f, protocol="magic")), "no protocol 'magic'"),
    "other version": (lambda f: change(f, protocol_version="0"), "of version '0' of track"),
    "other seed": (lambda f: change(f, key=key_of(f, seed=7)), "holds the run of track/surgblood/main/hold_still/7"),
    "other model": (lambda f: change(f, key=key_of(f, model="../../x")), "holds the run of"),
    "other truth": (lambda f: change(f, truth_digest="0" * 64), "was scored against truth"),
    "a link out": (link_out, "is a link out of"),
}


@pytest.mark.parametrize("how", SPOILT)
def test_a_spoilt_run_is_named_and_left_out(runs, how):
    spoil, told = SPOILT[how]
    spoil(runs / STILL)
    good, bad = read_runs(runs)
    assert [run.folder.parent.name for run in good] == ["red_centroid", "lucas_kanade"]
    assert [run.folder for run in bad] == [runs / STILL]
    assert re.search(told, bad[0].what), bad[0].what
    assert bad[0].remedy
    assert str(runs) not in bad[0].what.replace(str(runs.parent / "outside.parquet"), "")


def test_predictions_of_one_model_under_another_name_count_for_neither(runs):
    shutil.copytree(runs / STILL, runs / TRACK / "genius" / "0")
    change(runs / TRACK / "genius" / "0", key=key_of(runs / STILL, model="genius"))
    good, bad = read_runs(runs)
    assert [run.folder.parent.name for run in good] == ["red_centroid", "lucas_kanade"]
    assert [run.folder.parent.name for run in bad] == ["genius", "hold_still"]
    assert all("to the byte those of genius and hold_still" in run.what for run in bad)


def test_a_copy_under_another_seed_is_no_second_run(runs):
    shutil.copytree(runs / STILL, runs / TRACK / "hold_still" / "5")
    change(runs / TRACK / "hold_still" / "5", key=key_of(runs / STILL, seed=5))
    good, bad = read_runs(runs)
    assert len(good) == 3
    assert [run.folder.name for run in bad] == ["5"]
    assert "hold_still with seed 0" in bad[0].what


def test_two_people_who_agree_are_two(runs):
    for seed in (0, 1):
        shutil.copytree(runs / STILL, runs / TRACK / "human" / str(seed))
        change(runs / TRACK / "human" / str(seed), key=key_of(runs / STILL, model="human", seed=seed))
    good, bad = read_runs(runs)
    assert (len(good), bad) == (5, [])


def test_a_copied_folder_has_its_key_in_the_wrong_place(runs):
    shutil.copytree(runs / STILL, runs / "backup" / "hold_still")
    good, bad = read_runs(runs)
    assert len(good) == 3
    assert "holds the run of track/surgblood/main/hold_still/0" in bad[0].what


def test_links_are_not_followed_and_hidden_folders_not_looked_at(runs, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(runs / "track", elsewhere)
    (runs / "linked").symlink_to(elsewhere)
    (runs / "loop").symlink_to(runs)
    shutil.copytree(runs / "track", runs / ".hidden" / "track")
    good, bad = read_runs(runs)
    assert len(good) == 3
    assert [(run.folder.name, "links are not followed" in run.what) for run in bad] == [
        ("linked", True),
        ("loop", True),
    ]


def test_a_run_that_was_killed_is_told_how_to_go_on(runs):
    folder = runs / TRACK / "unet" / "0"
    (folder / "shards").mkdir(parents=True)
    good, bad = read_runs(runs)
    assert len(good) == 3
    assert (bad[0].folder, bad[0].what) == (folder, "has no run.json")
    assert "goes on where it was" in bad[0].remedy


def test_a_training_is_no_evaluation(runs):
    (runs / "train").mkdir()
    (runs / "train" / "run.json").write_text(json.dumps({"format": 1, "kind": "training"}))
    _, bad = read_runs(runs)
    assert "is of a training" in bad[0].what


def test_a_metric_that_came_later_is_computed_from_the_predictions(runs):
    record = read_record(runs / STILL / "run.json").record
    change(runs / STILL, scores={name: score for name, score in record.scores.items() if name != "mean_error"})
    good, bad = read_runs(runs)
    assert bad == []
    assert good[1].record.scores["mean_error"] == record.scores["mean_error"]


def test_a_name_that_is_no_text_can_be_printed(runs):
    shutil.copytree(os.fsencode(runs / STILL), os.fsencode(runs / TRACK) + b"/caf\xe9/0")
    good, bad = read_runs(runs)
    assert len(good) == 3
    (left_out,) = bad
    assert f"{left_out.folder} {left_out.what}".encode()
    assert left_out.folder.parent.name == "caf\ufffd"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may look into everything")
def test_a_folder_that_nobody_may_look_into_is_named(runs):
    (runs / "track").chmod(0)
    good, bad = read_runs(runs)
    (runs / "track").chmod(0o755)
    assert (len(good), bad[0].what) == (1, "cannot be looked into (Permission denied)")


def test_a_folder_of_nothing_has_no_runs(tmp_path):
    assert read_runs(tmp_path) == ([], [])
    with pytest.raises(BleedkitError, match="is no folder"):
        read_runs(tmp_path / "nowhere")
