"""Official layouts: written from a phantom cohort and read back by the dataset's own builder, nothing is lost."""

import json
from pathlib import Path

import numpy as np
import pytest

from bleedkit.datasets.build import build_cohort
from bleedkit.datasets.cohort import Cohort
from bleedkit.datasets.errors import BleedkitError
from bleedkit.datasets.images import read_gray, read_image
from bleedkit.datasets.mapping_file import read_mapping
from bleedkit.datasets.mask_file import read_mask_png
from bleedkit.datasets.media import iter_images
from bleedkit.datasets.phantom.generate import PhantomSettings, generate_phantom
from bleedkit.datasets.phantom.layouts import check_layout, write_layout
from bleedkit.datasets.registry import DATASETS
from bleedkit.datasets.source import ReadOptions

pytestmark = pytest.mark.slow


def made(folder: Path, preset: str, **wanted: float) -> Cohort:
    return generate_phantom(folder / "cohort", PhantomSettings(preset, seed=5, **wanted), workers=1)


def rebuilt(folder: Path, cohort: Cohort, layout: str) -> Cohort:
    """The cohort once more, through the layout and its builder, which must find nothing wrong."""
    write_layout(cohort, layout, folder / "layout")
    mapping = folder / "layout/mapping.toml"
    options = ReadOptions(mapping=read_mapping(mapping) if mapping.is_file() else {})
    result = build_cohort(DATASETS[layout], folder / "layout", folder / "built", options=options)
    assert [str(problem) for problem in result.problems.errors] == []
    assert {problem.code for problem in result.problems} <= {"contradiction", "count", "official-split-leaks", "split"}
    assert result.cohort is not None
    return result.cohort


def points(cohort: Cohort, clip_id: str) -> dict[int, tuple[float, float]]:
    """The first annotator's visible points by frame."""
    return {p.frame: (p.x, p.y) for p in cohort.points(clip_id) if p.visible and p.annotator in ("", "A1")}


def masks(cohort: Cohort, clip_id: str) -> dict[int, np.ndarray]:
    labels = [mask for mask in cohort.masks(clip_id) if mask.annotator in ("", "A1")]
    return {mask.frame: read_mask_png(cohort.mask_path(mask)) for mask in labels}


def test_surgblood_comes_back_whole(tmp_path):
    cohort = made(tmp_path, "surgblood", clips=2, patients=1, scale=0.1)
    again = rebuilt(tmp_path, cohort, "surgblood")
    assert list(again.clips) == list(cohort.clips)
    for clip_id, clip in cohort.clips.items():
        other = again.clips[clip_id]
        for name in ("patient_id", "procedure_id", "fps", "size", "n_frames", "official_split"):
            assert getattr(other, name) == getattr(clip, name), name
        assert other.site == (clip.site if clip.official_split == "test" else "")  # train has no folders by type
        ours, theirs = points(cohort, clip_id), points(again, clip_id)
        assert ours.keys() == theirs.keys()
        for frame, xy in ours.items():
            np.testing.assert_allclose(theirs[frame], xy, atol=1e-4)
        drawn, read = masks(cohort, clip_id), masks(again, clip_id)
        assert len(drawn) == clip.n_frames
        for frame, mask in drawn.items():
            assert np.count_nonzero(mask ^ read[frame]) <= 0.002 * mask.size
        for (_, shown), (_, stored) in zip(iter_images(cohort, clip_id), iter_images(again, clip_id), strict=True):
            assert np.abs(shown.astype(int) - stored).mean() < 3


def test_surgbloods_files_are_those_its_authors_read(tmp_path):
    cohort = made(tmp_path, "surgblood", clips=1, scale=0.1)
    write_layout(cohort, "surgblood", tmp_path / "layout")
    clip = next(iter(cohort.clips.values()))
    part = tmp_path / "layout" / clip.official_split
    expected = {"videos-image", "videos-mask", "videos-point"} | (
        {"videos-mask-edge"} if part.name == "train" else set()
    )
    assert {path.name for path in part.iterdir()} == expected
    assert (part / "videos-point" / clip.clip_id / "00000.txt").read_text() == "0 0\n"  # quiet at first
    mask = read_gray(part / "videos-mask" / clip.clip_id / f"{clip.n_frames - 1:05d}.jpg")
    assert mask.shape == (clip.size.height, clip.size.width)
    assert read_image(part / "videos-image" / clip.clip_id / "00000.jpg").shape == (*mask.shape, 3)


def test_hemoset_comes_back_whole(tmp_path):
    cohort = made(tmp_path, "hemoset", clips=1, scale=0.1)
    again = rebuilt(tmp_path, cohort, "hemoset")
    drawn, read = masks(cohort, "pig1"), masks(again, "pig1")
    assert drawn.keys() == read.keys() == {frame.frame for frame in again.frames("pig1")}
    assert all(np.array_equal(drawn[frame], read[frame]) for frame in drawn)
    shown = dict(iter_images(cohort, "pig1", list(drawn)))
    for frame, stored in iter_images(again, "pig1"):
        assert np.array_equal(shown[frame], stored)  # PNG loses nothing


def test_bleedorigin_comes_back_as_detection_and_tracking_clips(tmp_path):
    cohort = made(tmp_path, "bleedorigin", clips=1, scale=0.08)
    again = rebuilt(tmp_path, cohort, "bleedorigin")
    clip = cohort.clips["p01-c001"]
    detection, tracking = again.clips["p01-c001d"], again.clips["p01-c001t"]
    assert (detection.n_frames, tracking.n_frames) == (150, clip.n_frames - 120)
    for other in (detection, tracking):
        assert (other.patient_id, other.site, other.scenarios) == (clip.patient_id, clip.site, clip.scenarios)
        assert (other.fps, other.size, other.official_split) == (clip.fps, clip.size, clip.official_split)
    assert [onset.frame for onset in again.onsets("p01-c001d")] == [120]
    ours = points(cohort, "p01-c001")
    assert points(again, "p01-c001d") == {120: ours[120]}
    assert {frame + 120: xy for frame, xy in points(again, "p01-c001t").items()} == ours
    label = json.loads((tmp_path / "layout/p01/c001d/00120.json").read_text())
    assert (label["imagePath"], label["shapes"][0]["shape_type"]) == ("00120.jpg", "point")


def test_a_layout_of_another_preset_or_in_a_full_folder_is_refused(tmp_path):
    with pytest.raises(BleedkitError, match="preset demo has not the labels of layout surgblood"):
        check_layout("demo", "surgblood", tmp_path / "new")
    (tmp_path / "mine.txt").write_text("keep")
    with pytest.raises(BleedkitError, match="not empty"):
        check_layout("surgblood", "surgblood", tmp_path)
    with pytest.raises(BleedkitError, match="no layout 'none'"):
        check_layout("surgblood", "none", tmp_path / "new")
