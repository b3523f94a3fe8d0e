"""`bleedkit data`: what a user types, sees and gets back as exit code."""

import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from bleedkit.cli.data import SOURCES
from bleedkit.cli.main import cli, main
from bleedkit.datasets.cohort import Cohort
from bleedkit.datasets.moving_texture import write_moving_texture
from bleedkit.datasets.registry import DATASETS

REAL = Path(__file__).parents[2].parent / "shared" / "data" / "vl_surgpt"


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """Two small clips in the VL-SurgPT layout, with their patient map."""
    return write_moving_texture(tmp_path_factory.mktemp("source"), clips=2, frames=31)


def run(capsys, *args):
    """Exit code, stdout and stderr of the command as a shell would see it."""
    with pytest.raises(SystemExit) as ended:
        main([str(arg) for arg in args])
    out = capsys.readouterr()
    return ended.value.code or 0, out.out, out.err


def test_the_sources_in_the_help_are_the_registry():
    assert list(SOURCES) == list(DATASETS)
    text = CliRunner().invoke(cli, ["data", "build", "--help"]).output
    assert all(f"{name} " in text for name in DATASETS)


def test_build_validate_stats_in_a_row(capsys, tmp_path, source):
    out = tmp_path / "c"
    code, text, _ = run(
        capsys, "data", "build", "vl_surgpt", source, "--patients", source / "patients.csv", "--out", out
    )
    assert code == 0
    assert text.splitlines()[-1].startswith(f"{out}: 2 clips, 62 frames, 8 points")
    assert "0 errors, 2 warnings" in text  # the licence's contradiction and the count of clips
    assert {clip.patient_id for clip in Cohort(out).clips.values()} == {"texture-01", "texture-02"}
    assert run(capsys, "data", "validate", out)[:2] == (0, f"{out}: sound\n")
    code, text, _ = run(capsys, "data", "stats", out, "--plot", tmp_path / "plot.png")
    assert code == 0
    assert "2 of 2 patients" in text
    assert cv2.imread(str(tmp_path / "plot.png")).shape[1] == 1600


def test_json_is_one_document_on_stdout(capsys, tmp_path, source):
    out = tmp_path / "c"
    code, text, _ = run(capsys, "data", "build", "vl_surgpt", source, "--out", out, "--json")
    document = json.loads(text)
    assert (code, document["cohort"], document["counts"]["clips"]) == (0, str(out), 2)
    assert {p["code"] for p in document["problems"]} == {"contradiction", "patient", "count"}
    assert json.loads(run(capsys, "data", "validate", out, "--json")[1]) == {"cohort": str(out), "problems": []}
    assert json.loads(run(capsys, "data", "stats", out, "--json")[1])["clips"] == 2


def test_a_build_that_left_something_out_exits_one_and_strict_writes_nothing(capsys, tmp_path, source):
    bad = tmp_path / "bad"
    write_moving_texture(bad, clips=1, frames=31)
    (bad / "tissue/seq000/labels.json").write_text('{"0": [[5, 5]], "7": [[-5, 5]], "30": [[NaN, 1]]}')
    args = ["data", "build", "vl_surgpt", bad, "--out", tmp_path / "c", "--patients", bad / "patients.csv"]
    code, text, _ = run(capsys, *args, "--strict")
    assert (code, (tmp_path / "c").exists()) == (1, False)
    assert text.splitlines()[-2:] == ["2 errors, 2 warnings", "Nothing was written."]
    code, text, _ = run(capsys, *args)
    assert (code, len(Cohort(tmp_path / "c").points())) == (1, 1)
    assert "error: tissue/seq000/clip.mp4 frame 7: tissue-0 at (-5, 5) lies outside the 480x360 image" in text
    assert "error: tissue/seq000/labels.json frame 30: tissue-0 is not two finite numbers" in text


def test_validate_exits_one_on_a_broken_cohort(capsys, tmp_path, source):
    out = tmp_path / "c"
    run(capsys, "data", "build", "vl_surgpt", source, "--out", out, "--copy", "media")
    (out / "media/00000.mp4").write_bytes(b"")
    code, text, _ = run(capsys, "data", "validate", out)
    assert (code, "error: 00000.mp4: file changed since the build" in text) == (1, True)
    (out / ".staging-x").mkdir()
    assert run(capsys, "data", "validate", out, "--quick", "--strict")[0] == 1
    assert run(capsys, "data", "validate", out, "--quick")[0] == 0
    (out / ".staging-x").rmdir()
    code, text, _ = run(capsys, "data", "validate", out, "--quick")
    assert (code, text) == (0, f"{out}: sound (digests of media and masks not compared)\n")


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        (["build", "nothing", "root", "--out", "c"], 2, "'nothing' is not one of"),
        (["build", "vl_surgpt", "root"], 2, "Missing option '--out'"),
        (["build", "vl_surgpt", "root", "--out", "c", "--copy", "all"], 2, "'all' is not one of"),
        (["build", "vl_surgpt", "nowhere", "--out", "c"], 1, "nowhere is not a folder"),
        (["build", "vl_surgpt", ".", "--out", "c", "--patients", "none.csv"], 1, "none.csv cannot be read"),
        (["build", "labelme", ".", "--out", "c", "--mapping", "none.toml"], 1, "none.toml: cannot be read"),
        (["validate", "nowhere"], 1, "nowhere holds no cohort"),
        (["stats", "nowhere"], 1, "nowhere holds no cohort"),
    ],
)
def test_misuse_is_two_and_bad_data_one_in_a_single_line(capsys, tmp_path, monkeypatch, args, code, message):
    monkeypatch.chdir(tmp_path)
    got, _, err = run(capsys, "data", *args)
    assert (got, message in err) == (code, True)
    assert "Traceback" not in err
    assert code == 2 or len(err.splitlines()) == 1


def test_help_imports_nothing_heavy():
    code = (
        "import sys\n"
        "from bleedkit.cli.data import data\n"
        "for name, command in data.commands.items():\n"
        "    command.get_help(command.make_context(name, [], resilient_parsing=True))\n"
        "print(*{m.partition('.')[0] for m in sys.modules})\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"numpy", "pyarrow", "cv2", "av", "rich", "matplotlib", "torch"} & set(done.stdout.split())


def test_every_frame_of_a_copied_video_is_its_picture(capsys, tmp_path, source):
    run(capsys, "data", "build", "vl_surgpt", source, "--out", tmp_path / "c", "--copy", "frames")
    images = sorted((tmp_path / "c" / "media" / "00000").iterdir())
    assert [path.name for path in images] == [f"{n:06d}.png" for n in range(31)]
    capture = cv2.VideoCapture(str(source / "tissue/seq000/clip.mp4"))  # somebody else's decoder
    for path in images:
        difference = np.abs(cv2.imread(str(path)).astype(int) - capture.read()[1])
        assert difference.mean() < 1  # they round colours differently


@pytest.mark.skipif(not REAL.is_dir(), reason="the real VL-SurgPT sample is not here")
def test_the_real_sample_builds_and_validates(capsys, tmp_path):
    code, text, _ = run(capsys, "data", "build", "vl_surgpt", REAL, "--out", tmp_path / "c")
    assert (code, "0 errors, 3 warnings" in text, "14 points" in text) == (0, True, True)
    assert run(capsys, "data", "validate", tmp_path / "c")[0] == 0


def test_a_mapping_for_a_source_with_a_layout_of_its_own_is_refused(capsys, tmp_path, source):
    (tmp_path / "m.json").write_text('{"fps": 30}')
    args = ("data", "build", "vl_surgpt", source, "--mapping", tmp_path / "m.json", "--out", tmp_path / "c")
    code, _, err = run(capsys, *args)
    assert code == 2
    assert "vl_surgpt has a layout of its own; --mapping is for bleedorigin and labelme" in err
    assert not (tmp_path / "c").exists()
