"""Files to show: the source's own, or a video's frames made once and never half."""

import os
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from bleedkit.annotate.checked_paths import CheckedPaths
from bleedkit.annotate.frame_files import frame_files
from bleedkit.datasets.cohort import Cohort, CohortMeta, write_tables
from bleedkit.datasets.digest import file_digest
from bleedkit.datasets.errors import BleedkitError
from bleedkit.datasets.schema import Clip, Frame, ImageSize
from bleedkit.datasets.tables import table_of
from bleedkit.datasets.transaction import locked, transaction


@pytest.fixture
def video_cohort(tmp_path):
    """Ten frames of one video; frame i is grey level 20 * i."""
    path = tmp_path / "Patient Smith.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for i in range(10):
            picture = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 20 * i, np.uint8), format="rgb24")
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
    clip = Clip("a", "p", "p", 10, ImageSize(64, 48), 10, path.name, file_digest(path))
    frames = [Frame("a", i, "", i / 10, "") for i in range(10)]
    meta = CohortMeta("video", "toy", "1", "none", "none", "1", "0", str(tmp_path))
    with locked(tmp_path / "c"), transaction(tmp_path / "c") as staging:
        write_tables(staging, meta, {"clips": table_of("clips", [clip]), "frames": table_of("frames", frames)})
    return Cohort(tmp_path / "c")


def test_a_videos_frames_become_files_without_a_patients_name(video_cohort):
    files = frame_files(video_cohort, next(video_cohort.stream()))
    assert sorted(files) == list(range(10))
    for number, path in files.items():
        assert Path(path).is_relative_to(video_cohort.folder.resolve() / "cache")
        assert "smith" not in path.removeprefix(str(video_cohort.folder.resolve())).lower()
        assert abs(cv2.imread(path).mean() - 20 * number) < 6


def test_they_are_made_once_and_what_is_missing_or_empty_is_made_again(video_cohort):
    view = next(video_cohort.stream())
    files = frame_files(video_cohort, view)
    whole = {number: Path(path).read_bytes() for number, path in files.items()}
    os.utime(files[3], (1, 1))
    Path(files[5]).unlink()
    Path(files[6]).write_bytes(b"")
    assert frame_files(video_cohort, view) == files
    assert {number: Path(path).read_bytes() for number, path in files.items()} == whole
    assert Path(files[3]).stat().st_mtime == 1


def test_a_video_shorter_than_its_clip_is_told(video_cohort):
    view = next(video_cohort.stream())
    longer = type(view)(view.clip, [*view.frames, Frame("a", 12, "", 1.2, "")], (), (), ())
    with pytest.raises(BleedkitError, match="has no frame 12"):
        frame_files(video_cohort, longer)


def test_paths_stay_below_their_root(tmp_path):
    root, outside = tmp_path / "root", tmp_path / "secret.png"
    (root / "a").mkdir(parents=True)
    for path in (root / "a/x.png", outside):
        path.write_bytes(b"x")
    (root / "a/link.png").symlink_to(outside)
    (root / "out").symlink_to(tmp_path)
    (root / "a/same.png").symlink_to(root / "a/x.png")
    paths = CheckedPaths(root)
    assert paths.path("a/x.png") == str(root / "a/x.png")
    assert Path(paths.path("a/same.png")).resolve() == root / "a/x.png"
    for bad in ("a/link.png", "out/secret.png", "../secret.png", "a/.."):
        with pytest.raises(BleedkitError):
            paths.path(bad)
    with pytest.raises(FileNotFoundError):
        paths.path("a/none.png")
