"""`bleedkit pseudolabel run` and `bleedkit demo`, as a user types them."""

import json
from pathlib import Path

import pytest

from bleedkit.annotate.demo import OwnClip, run_demo
from bleedkit.cli.main import main
from bleedkit.cli.pseudolabel import PRESETS as OFFERED
from bleedkit.datasets.cohort import Cohort
from bleedkit.datasets.errors import BleedkitError
from bleedkit.datasets.moving_texture import write_moving_texture
from bleedkit.datasets.schema import LabelState
from bleedkit.datasets.split import load_split
from bleedkit.pseudolabel.presets import PRESETS

REAL = Path(__file__).parents[2].parent / "shared" / "data" / "vl_surgpt" / "tissue" / "seq000"


def bleedkit(*args: object) -> int:
    with pytest.raises(SystemExit) as stop:
        main([str(arg) for arg in args])
    return int(stop.value.code or 0)


@pytest.fixture(scope="module")
def clip(tmp_path_factory) -> Path:
    """A folder with clip.mp4 and labels.json: 32 frames, labels at 0, 30, 31."""
    return write_moving_texture(tmp_path_factory.mktemp("own"), clips=1, frames=32, seed=9) / "tissue" / "seq000"


def test_the_presets_offered_are_those_there_are():
    assert list(OFFERED) == list(PRESETS)


def test_demo_on_ones_own_clip_then_pseudolabel_run_again(clip, tmp_path, capsys):
    out = clip / "mine"  # beside one's own files, where most people are when they type it
    own = ("--video", clip / "clip.mp4", "--labels", clip / "labels.json", "--no-fiftyone")
    assert bleedkit("demo", *own, "--out", out) == 0
    assert f"Open this:       {out / 'report.html'}" in capsys.readouterr().out
    cohort = Cohort(out / "cohort")
    assert list(cohort.clips) == ["clip-01"]
    assert load_split(cohort, "by-patient").part(cohort.clip("clip-01")) == "train"
    assert any(p.state is LabelState.PSEUDO for p in cohort.points())
    assert bleedkit("pseudolabel", "run", out / "cohort", "--out", out, "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert said["new_rows"] == 0
    assert said["labelled"] + said["flagged"] == 2 * 29

    assert bleedkit("demo", *own, "--out", out) == 1
    assert "use --overwrite" in capsys.readouterr().err
    (out / "notes.txt").write_text("mine")
    assert bleedkit("demo", *own, "--out", out, "--overwrite") == 0
    assert (out / "notes.txt").read_text() == "mine"


def test_misuse_is_told(clip, tmp_path, capsys):
    assert bleedkit("demo", "--video", clip / "clip.mp4", "--out", tmp_path / "x") == 2
    assert "--video and --labels go together" in capsys.readouterr().err
    assert bleedkit("pseudolabel", "run", tmp_path, "--out", tmp_path / "r") == 1
    assert "holds no cohort" in capsys.readouterr().err
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "a.txt").write_text("a")
    with pytest.raises(BleedkitError, match="not a demo of ours"):
        run_demo(tmp_path / "theirs", own=OwnClip(clip / "clip.mp4", clip / "labels.json"), overwrite=True)
    assert [p.name for p in (tmp_path / "theirs").iterdir()] == ["a.txt"]


@pytest.mark.slow
@pytest.mark.skipif(not REAL.is_dir(), reason="the real VL-SurgPT clip is not here")
def test_the_real_clip_is_labelled_where_it_can_be_and_flagged_elsewhere(tmp_path):
    own = OwnClip(next(REAL.glob("*.mp4")), REAL / "labels.json")
    result = run_demo(tmp_path / "d", own=own, fiftyone=False, say=lambda _: None)
    assert result.labelled + result.flagged == 338, "169 frames between labels, two points"
    assert 60 <= result.labelled <= 250
    seen = {(p.frame, p.target): (p.x, p.y) for p in Cohort(result.cohort).points() if p.state is LabelState.PSEUDO}
    # Looked up in the picture: at frame 75 the vessel's lower end, which point 0 labels, is here.
    x, y = seen[75, "point-0"]
    assert abs(x - 1135) < 12
    assert abs(y - 415) < 12
