"""`bleedkit pseudolabel run` and `bleedkit demo`, as a user types them."""

import fcntl
import importlib.util
import json
from pathlib import Path

import pytest
from bleedkit_test_layouts.labelme import LabelMeTruth, write_clip

from bleedkit.annotate.demo import OwnClip, run_demo
from bleedkit.cli.main import main
from bleedkit.cli.pseudolabel_options import ENGINES as OFFERED_ENGINES
from bleedkit.cli.pseudolabel_options import MATCHERS as OFFERED_MATCHERS
from bleedkit.cli.pseudolabel_options import PRESETS as OFFERED_PRESETS
from bleedkit.cli.pseudolabel_options import TRACKERS as OFFERED_TRACKERS
from bleedkit.datasets.build import build_cohort
from bleedkit.datasets.cohort import Cohort
from bleedkit.datasets.errors import BleedkitError
from bleedkit.datasets.moving_texture import write_moving_texture
from bleedkit.datasets.registry import DATASETS
from bleedkit.datasets.schema import LabelState
from bleedkit.datasets.split import load_split
from bleedkit.models.matchers import MATCHERS
from bleedkit.models.trackers import TRACKERS
from bleedkit.pseudolabel.engines import ENGINES
from bleedkit.pseudolabel.presets import PRESETS

REAL = Path(__file__).parents[2].parent / "shared" / "data" / "vl_surgpt" / "tissue" / "seq000"


@pytest.fixture
def stills(tmp_path) -> Cohort:
    """A clip of 61 JPEG files, labelled at 0, 30 and 60."""
    write_clip(LabelMeTruth(tmp_path / "src"), "p01/trk1", 61, range(0, 61, 30), key=[0, 1, 61])
    return build_cohort(DATASETS["bleedorigin"], tmp_path / "src", tmp_path / "cohort").cohort


def bleedkit(*args: object) -> int:
    with pytest.raises(SystemExit) as stop:
        main([str(arg) for arg in args])
    return int(stop.value.code or 0)


@pytest.fixture(scope="module")
def clip(tmp_path_factory) -> Path:
    """A folder with clip.mp4 and labels.json: 32 frames, labels at 0, 30, 31."""
    return write_moving_texture(tmp_path_factory.mktemp("own"), clips=1, frames=32, seed=9) / "tissue" / "seq000"


def test_what_is_offered_is_what_there_is():
    assert list(OFFERED_PRESETS) == list(PRESETS)
    assert list(OFFERED_MATCHERS) == list(MATCHERS)
    assert list(OFFERED_TRACKERS) == list(TRACKERS)
    assert OFFERED_ENGINES == ENGINES


def test_status_and_what_was_left_out(stills, tmp_path, capsys):
    image = stills.media_path(stills.frames("p01-trk1")[40].path)
    data = image.read_bytes()
    image.unlink()
    out = tmp_path / "run"
    run = ("pseudolabel", "run", stills.folder, "--tracker", "hold_still", "--out", out)
    assert bleedkit(*run) == 1
    said = capsys.readouterr()
    assert "Left out: clip p01-trk1 source frames 30-60: clip p01-trk1 frame 40: " in said.err
    assert bleedkit("pseudolabel", "status", out) == 0
    said = capsys.readouterr()
    assert f"1 of 3 units are done, classical on {stills.folder}: stopped" in said.out
    assert "poison          2" in said.out
    assert said.err.count("Left out: ") == 2

    image.write_bytes(data)
    assert bleedkit(*run) == 0
    assert "trying 2 units again" in capsys.readouterr().err
    assert bleedkit("pseudolabel", "status", out, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["counts"] == {"pending": 0, "running": 0, "done": 3, "poison": 0}
    assert (told["going"], told["left_out"], told["seconds_left"]) == (False, [], None)
    assert told["rate"] > 0

    with (out / ".lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        assert bleedkit("pseudolabel", "status", out) == 0
        assert "going on" in capsys.readouterr().out


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
    assert bleedkit("pseudolabel", "run", tmp_path, "--out", tmp_path / "r", "--gpus-per-worker", "0.5") == 2
    assert "for --engine ray" in capsys.readouterr().err
    assert bleedkit("pseudolabel", "run", tmp_path, "--out", tmp_path / "r", "--weights", "track_on") == 2
    assert "must be NAME=FILE" in capsys.readouterr().err
    assert bleedkit("pseudolabel", "run", tmp_path, "--out", tmp_path / "r", "--weights", "track_on=nowhere.pt") == 2
    assert "there is no file nowhere.pt" in capsys.readouterr().err
    assert bleedkit("pseudolabel", "status", tmp_path) == 1
    assert "holds no run" in capsys.readouterr().err
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "a.txt").write_text("a")
    with pytest.raises(BleedkitError, match="not a demo of ours"):
        run_demo(tmp_path / "theirs", own=OwnClip(clip / "clip.mp4", clip / "labels.json"), overwrite=True)
    assert [p.name for p in (tmp_path / "theirs").iterdir()] == ["a.txt"]


@pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="the ray extra is not installed")
def test_a_cluster_that_is_not_there_is_told(stills, tmp_path, capsys):
    there = ("--engine", "ray", "--ray-address", "127.0.0.1:9")
    assert bleedkit("pseudolabel", "run", stills.folder, "--out", tmp_path / "r", *there) == 1
    assert "no Ray cluster answers at 127.0.0.1:9" in capsys.readouterr().err


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
