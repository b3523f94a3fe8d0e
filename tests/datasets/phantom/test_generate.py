"""Generation: a sound cohort, the same bytes however it is made, nothing half after a kill, truth beside the labels."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from bleedkit.datasets.cohort import Cohort
from bleedkit.datasets.digest import file_digest
from bleedkit.datasets.errors import BleedkitError
from bleedkit.datasets.mask_file import read_mask_png
from bleedkit.datasets.media import iter_images
from bleedkit.datasets.phantom import cohort_writer
from bleedkit.datasets.phantom.clip_truth import has_truth, read_truth
from bleedkit.datasets.phantom.frame_truth import read_frame_truth
from bleedkit.datasets.phantom.generate import PhantomSettings, generate_phantom
from bleedkit.datasets.phantom.presets import plan_cohort
from bleedkit.datasets.phantom.render import render_clip
from bleedkit.datasets.phantom.truth import PhantomFrame
from bleedkit.datasets.validate import validate_cohort

SMALL = PhantomSettings("demo", seed=3, clips=2, scale=0.34)  # 108x88, 46 frames
CLIP = plan_cohort("demo", seed=3, clips=1, scale=0.34)[0]
MAKE = (
    "import sys; from pathlib import Path\n"
    "from bleedkit.datasets.phantom.generate import PhantomSettings, generate_phantom\n"
    "generate_phantom(Path(sys.argv[1]), PhantomSettings('demo', seed=3, clips=2, scale=0.34), workers=1)\n"
)
pytestmark = [pytest.mark.slow]


@pytest.fixture(scope="module", autouse=True)
def same_time():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOURCE_DATE_EPOCH", "1700000000")
        yield


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> Cohort:
    return generate_phantom(tmp_path_factory.mktemp("phantom") / "cohort", SMALL, workers=1)


@pytest.fixture(scope="module")
def rendered() -> list[PhantomFrame]:
    """The frames of CLIP, as the renderer gives them on one thread."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    frames = list(render_clip(CLIP.scene))
    torch.set_num_threads(before)
    return frames


def contents(folder: Path) -> dict[str, str]:
    """SHA-256 by name of every file but the lock."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != ".lock")
    return {str(path.relative_to(folder)): file_digest(path) for path in files}


def test_the_cohort_is_sound(small):
    assert [str(problem) for problem in validate_cohort(small)] == []
    assert [path.name for path in small.folder.iterdir() if path.name.startswith(".")] == [".lock"]


def test_it_holds_what_was_planned(small):
    plans = {plan.row.clip_id: plan for plan in plan_cohort("demo", seed=3, clips=2, scale=0.34)}
    assert set(small.clips) == set(plans)
    for view in small.stream():
        plan = plans[view.clip.clip_id]
        assert (view.clip.site, view.clip.scenarios) == (plan.row.site, plan.row.scenarios)
        assert len(view.frames) == plan.row.n_frames
        assert {(p.frame, p.annotator) for p in view.points} == {
            (f, a) for f in plan.point_frames for a in ("A1", "A2")
        }
        assert {mask.frame for mask in view.masks} == set(plan.mask_frames)
        assert view.onset_frame == plan.scene.onset_frame  # the first annotator's, who is believed
    assert (small.meta.source, small.meta.extra["phantom"]["seed"]) == ("phantom", 3)


def test_the_video_shows_what_was_rendered(small, rendered):
    for (frame, shown), exact in zip(iter_images(small, CLIP.row.clip_id), rendered, strict=True):
        assert frame == exact.frame
        assert np.abs(shown.astype(int) - exact.rgb).mean() < 6  # H.264 halves the colours' resolution


def test_the_truth_is_the_renderers_and_is_no_label(small, rendered):
    truth = read_truth(small.folder, CLIP.row.clip_id)
    assert has_truth(small.folder)
    assert truth.tracks.shape == (CLIP.row.n_frames, 64, 2)
    for frame in rendered:
        source = frame.sources[0]
        np.testing.assert_allclose(truth.xy[frame.frame, 0], (source.x, source.y), atol=1e-3)
        assert truth.visible[frame.frame, 0] == source.visible
        assert truth.area[frame.frame, 0] == np.count_nonzero(frame.region)
    labelled = {(p.x, p.y) for p in small.points(CLIP.row.clip_id) if p.visible and p.target == "source"}
    assert labelled
    assert not labelled & {tuple(xy) for xy in truth.xy[:, 0].astype(float).tolist()}


def test_labels_lie_near_the_truth(small):
    for clip_id in small.clips:
        truth = read_truth(small.folder, clip_id)
        seen = [p for p in small.points(clip_id) if p.visible and p.target == "source"]
        away = [np.hypot(*(truth.xy[p.frame, 0] - (p.x, p.y))) for p in seen]
        assert np.median(away) < 6  # of 108 pixels; strays are up to 13 px off


def test_a_region_label_covers_the_drawn_blood(small):
    masks = [m for clip_id in small.clips for m in small.masks(clip_id) if m.annotator == "A1"]
    for mask in masks:
        drawn = np.count_nonzero(read_mask_png(small.mask_path(mask)))
        exact = read_truth(small.folder, mask.clip_id).area[mask.frame, 0]
        assert abs(drawn - exact) < 0.5 * exact + 30


def test_two_workers_and_one_more_clip_give_the_same_bytes(small, tmp_path):
    other = generate_phantom(tmp_path / "c", PhantomSettings("demo", seed=3, clips=3, scale=0.34), workers=2)
    ours, theirs = contents(small.folder), contents(other.folder)
    files = [name for name in ours if name.startswith(("media/", "truth/0"))]
    assert len(files) == 4
    assert {name: theirs[name] for name in files} == {name: ours[name] for name in files}
    for clip_id in small.clips:
        places = [
            [(p.frame, p.annotator, p.visible, str(p.x), str(p.y)) for p in c.points(clip_id)] for c in (small, other)
        ]
        assert places[0] == places[1]


def stop(*_: object) -> None:
    raise InterruptedError


def test_a_killed_run_leaves_nothing_half_and_goes_on(small, tmp_path):
    out = tmp_path / "c"
    run = subprocess.Popen([sys.executable, "-c", MAKE, str(out)], env={**os.environ})
    while not list(out.glob(".phantom/0*")) and run.poll() is None:
        time.sleep(0.02)
    run.send_signal(signal.SIGKILL)
    run.wait()
    assert not (out / "cohort.json").exists()
    first = next(iter(out.glob(".phantom/0*")))
    written = first.stat().st_mtime_ns
    with pytest.raises(BleedkitError, match="unfinished run of other settings"):
        generate_phantom(out, PhantomSettings("demo", seed=4), workers=1)
    assert first.stat().st_mtime_ns == written
    with pytest.MonkeyPatch.context() as patch:  # killed again, between moving the files and the commit
        patch.setattr(cohort_writer, "write_tables", stop)
        with pytest.raises(InterruptedError):
            generate_phantom(out, SMALL, workers=1)
    assert not (out / "cohort.json").exists()
    resumed = generate_phantom(out, SMALL, workers=1)
    assert contents(resumed.folder) == contents(small.folder)


def test_full_truth_keeps_every_frames_masks_depth_and_flow(rendered, tmp_path):
    settings = PhantomSettings("demo", seed=3, clips=1, scale=0.34, media="frames", truth="full")
    cohort = generate_phantom(tmp_path / "c", settings)
    assert [str(problem) for problem in validate_cohort(cohort)] == []
    for frame in rendered:
        stored = read_frame_truth(cohort.folder / "truth", CLIP.ordinal, frame.frame)
        for name in ("region", "pooled", "dried", "instrument", "edges", "valid", "cover", "depth"):
            assert np.array_equal(getattr(stored, name), getattr(frame, name)), name
        assert (stored.flow is None) == (frame.flow is None)
    with pytest.raises(BleedkitError, match="not a frame's truth"):
        read_frame_truth(cohort.folder / "truth", CLIP.ordinal, CLIP.row.n_frames)


def test_an_existing_cohort_and_a_full_folder_are_refused(small, tmp_path):
    with pytest.raises(BleedkitError, match="already holds a cohort"):
        generate_phantom(small.folder, SMALL)
    (tmp_path / "mine.txt").write_text("keep")
    with pytest.raises(BleedkitError, match="not empty"):
        generate_phantom(tmp_path, SMALL)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_truth_that_is_missing_or_damaged_is_told(small, tmp_path):
    with pytest.raises(BleedkitError, match="no truth of clip 'nobody'"):
        read_truth(small.folder, "nobody")
    (tmp_path / "truth").mkdir()
    (tmp_path / "truth/clips.json").write_text(json.dumps({"c": 0}))
    (tmp_path / "truth/00000.npz").write_bytes(b"PK no")
    with pytest.raises(BleedkitError, match="not a clip's truth"):
        read_truth(tmp_path, "c")
