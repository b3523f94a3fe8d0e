"""Moving texture: the truth is exact, the files are VL-SurgPT's, and a seed is a clip."""

import json

import cv2
import numpy as np
import pytest

from bleedkit.datasets import moving_texture
from bleedkit.datasets.build import build_cohort
from bleedkit.datasets.errors import BleedkitError
from bleedkit.datasets.moving_texture import SIZE, render, truth_of, write_moving_texture
from bleedkit.datasets.patient_map import read_patient_map
from bleedkit.datasets.source import ReadOptions
from bleedkit.datasets.vl_surgpt import SPEC


def test_the_same_seed_gives_the_same_bytes_and_another_seed_another_clip(tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        write_moving_texture(tmp_path / name, clips=1, frames=4, seed=seed)
    one, two, other = (
        {p.name: p.read_bytes() for p in (tmp_path / name).rglob("*") if p.is_file()} for name in ("a", "b", "c")
    )
    assert one == two
    assert one["clip.mp4"] != other["clip.mp4"]


def test_the_inverse_of_the_motion_is_exact():
    motion = moving_texture._motion(20, np.random.default_rng(0))
    tissue = np.random.default_rng(1).uniform([60, 60], [SIZE.width - 60, SIZE.height - 60], (30, 2))
    for t in (0, 7, 19):
        xy = motion.image_of(t, tissue)
        np.testing.assert_allclose(xy + motion.shift(t, xy), tissue, atol=1e-6)


def test_the_tissue_under_a_true_point_stays_the_same_tissue():
    images, truth = render(12, np.random.default_rng(4))
    gray = [cv2.GaussianBlur(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), (0, 0), 1).astype(np.float32) for image in images]
    for point in range(2):
        patches = [
            cv2.getRectSubPix(g, (15, 15), tuple((xy - 0.5).tolist()))
            for g, xy in zip(gray, truth.xy[:, point], strict=True)
        ]
        for patch in patches[1:]:
            assert np.corrcoef(patches[0].ravel(), patch.ravel())[0, 1] > 0.8


def test_the_files_make_a_cohort_with_its_truth(tmp_path):
    root = write_moving_texture(tmp_path / "clips", clips=2, frames=32)
    result = build_cohort(SPEC, root, tmp_path / "c", options=ReadOptions(read_patient_map(root / "patients.csv")))
    assert not result.problems.errors
    cohort = result.cohort
    assert {clip.patient_id for clip in cohort.clips.values()} == {"texture-01", "texture-02"}
    for folder, clip in zip(sorted((root / "tissue").iterdir()), cohort.clips.values(), strict=True):
        truth = truth_of(cohort, clip)
        assert truth.xy.shape == (32, 2, 2)
        labels = json.loads((folder / "labels.json").read_text())
        assert list(labels) == ["0", "30", "31"]
        for frame, points in labels.items():
            for xy, true, seen in zip(points, truth.xy[int(frame)], truth.visible[int(frame)], strict=True):
                assert (xy is not None) == seen
                assert xy is None or np.abs(np.array(xy) - true).max() < 3
    (folder / "truth.npz").write_bytes(b"junk")
    with pytest.raises(BleedkitError, match="is not a truth file"):
        truth_of(cohort, clip)
