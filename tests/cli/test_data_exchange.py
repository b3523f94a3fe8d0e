"""`bleedkit data export` and `import`: what a user types, sees and gets back as exit code."""

import json

import pytest
from bleedkit_test_layouts.labelled import mask_label, rings, said, write_cohort

from bleedkit.cli.data_formats import EXPORTS, IMPORTS
from bleedkit.cli.main import main
from bleedkit.datasets.cohort import Cohort
from bleedkit.datasets.exchange.formats import FORMATS
from bleedkit.datasets.schema import OnsetLabel, PointLabel
from bleedkit.datasets.split import Split, save_split

ROWS = [
    mask_label(rings(), clip_id="a", frame=0),
    (PointLabel(clip_id="a", frame=0, x=1, y=1, annotator="lee"), b""),
    (OnsetLabel(clip_id="a", frame=0), b""),
]


@pytest.fixture
def cohort(tmp_path):
    return write_cohort(tmp_path / "cohort", ROWS)


def run(capsys, *args):
    """Exit code, stdout and stderr of the command as a shell would see it."""
    with pytest.raises(SystemExit) as ended:
        main([str(arg) for arg in args])
    out = capsys.readouterr()
    return ended.value.code or 0, out.out, out.err


def test_the_formats_in_the_help_are_the_registry():
    assert list(EXPORTS) == list(FORMATS)
    assert list(IMPORTS) == [name for name, kind in FORMATS.items() if kind.read]


def test_losses_are_told_in_words_and_in_json(capsys, cohort, tmp_path):
    code, text, _ = run(capsys, "data", "export", cohort.folder, "--format", "cvat", "--out", tmp_path / "x")
    assert code == 0
    assert text.splitlines()[0] == f"{tmp_path / 'x'}: 2 clips, 1 points, 1 regions as CVAT for video 1.1"
    assert "Not in it, but still in the cohort: 1 x onset" in text
    args = ("data", "export", cohort.folder, "--format", "yolo", "--out", tmp_path / "y", "--json")
    document = json.loads(run(capsys, *args)[1])
    assert {"what": "region whose holes are filled", "count": 1} in document["losses"]
    assert "onsets" in document["cannot_hold"]


@pytest.mark.parametrize("name", EXPORTS)
def test_every_format_goes_out_by_split_and_back(capsys, cohort, tmp_path, name):
    save_split(cohort, Split("main", "ratio", cohort.digest, ({"p0": "train", "p1": "val"},)))
    out = tmp_path / "out"
    code, _, _ = run(capsys, "data", "export", cohort.folder, "--format", name, "--split", "main", "--out", out)
    assert code == 0
    if name in IMPORTS:
        fresh = write_cohort(tmp_path / "fresh")
        code, text, _ = run(capsys, "data", "import", name, out, "--cohort", fresh.folder, "--annotator", "kim")
        assert code == 0
        assert "0 new" not in text
        again = run(capsys, "data", "import", name, out, "--cohort", fresh.folder, "--annotator", "kim", "--json")
        assert json.loads(again[1])["counts"]["new"] == 0
        kinds = {row[0] for row in said(Cohort(fresh.folder))}
        assert kinds <= {row[0] for row in said(cohort)}


def test_refused_labels_and_bad_files_exit_with_one(capsys, cohort, tmp_path):
    run(capsys, "data", "export", cohort.folder, "--format", "coco", "--out", tmp_path / "x")
    file = tmp_path / "x" / "labels.json"
    file.write_text(file.read_text().replace('"keypoints": [0.5', '"keypoints": [99.5'))
    code, text, _ = run(capsys, "data", "import", "coco", file, "--cohort", cohort.folder, "--annotator", "kim")
    assert code == 1
    assert "a visible point must lie inside 24x18, got (100, 1)" in text
    assert "0 new, 0 corrected, 2 unchanged" in text
    missing = run(capsys, "data", "import", "coco", tmp_path / "no", "--cohort", cohort.folder, "--annotator", "kim")
    assert missing[0] == 1
    assert "does not exist" in missing[2]


def test_deleted_labels_are_told_and_rejected_where_asked_for(capsys, cohort, tmp_path):
    run(capsys, "data", "export", cohort.folder, "--format", "coco", "--out", tmp_path / "x")
    file = tmp_path / "x" / "labels.json"
    document = json.loads(file.read_text())
    document["annotations"] = [note for note in document["annotations"] if note.get("segmentation")]
    file.write_text(json.dumps(document))
    args = ("data", "import", "coco", file, "--cohort", cohort.folder, "--annotator", "kim")
    code, text, _ = run(capsys, *args)
    assert code == 0
    assert "Missing from it, of what it was exported with: 1 labels; --deleted reject" in text
    code, text, _ = run(capsys, *args, "--deleted", "reject")
    assert code == 0
    assert "0 new, 0 corrected, 2 unchanged, 1 rejected" in text
    document = json.loads(run(capsys, *args, "--deleted", "reject", "--json")[1])
    assert (document["missing"], document["rejected"]) == (0, 0)
    for name, option in (("yolo", ("--deleted", "reject")), ("coco", ("--exported", tmp_path / "x"))):
        given = ("data", "import", name, file, "--cohort", cohort.folder, "--annotator", "kim")
        assert run(capsys, *given, *option)[0] == 2


def test_misuse(capsys, cohort, tmp_path):
    args = ("data", "export", cohort.folder, "--out", tmp_path / "x", "--format")
    assert run(capsys, *args, "cvat", "--images")[0] == 2
    assert run(capsys, *args, "coco", "--states", "alien")[0] == 1
    assert run(capsys, *args, "coco", "--split", "none")[0] == 1
    assert run(capsys, *args, "coco", "--clips", "zzz")[0] == 1
    assert not (tmp_path / "x").exists()
