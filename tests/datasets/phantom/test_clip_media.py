"""Media: the pictures come back in order, and the same pictures always give the same file."""

import numpy as np
import pytest

from bleedkit.datasets.digest import file_digest
from bleedkit.datasets.images import read_image
from bleedkit.datasets.phantom.clip_media import media_name, open_media
from bleedkit.datasets.schema import Clip, ImageSize
from bleedkit.datasets.video import index_video, read_video

CLIP = Clip("c", "p", "p", 30.0, ImageSize(112, 88), 40)


def pictures() -> list[np.ndarray]:
    """A smooth picture that drifts, (88, 112, 3), brighter by 4 in every frame."""
    y, x = np.mgrid[:88, :112]
    return [
        np.stack([60 + 4 * t + 20 * np.sin((x + t) / 9), 90 + 30 * np.cos(y / 7), 100 + 0 * x], -1).astype(np.uint8)
        for t in range(CLIP.n_frames)
    ]


@pytest.mark.parametrize("fps", [2.0, 29.97, 30.0])
def test_a_video_has_every_picture_at_its_time(tmp_path, fps):
    clip = Clip("c", "p", "p", fps, CLIP.size, CLIP.n_frames)
    with open_media("video", tmp_path, 7, clip) as media:
        for rgb in pictures():
            media.add(rgb)
    path = tmp_path / media_name("video", 7)
    index = index_video(path)
    assert (index.n_frames, index.size, index.fault) == (40, CLIP.size, "")
    assert index.fps == pytest.approx(fps, rel=1e-3)
    for (_, shown), given in zip(read_video(path, index.frames("c"), range(40)), pictures(), strict=True):
        assert np.abs(shown.astype(int) - given).mean() < 3


def test_the_same_pictures_give_the_same_file_whatever_lay_in_memory(tmp_path):
    digests = set()
    for turn in range(8):
        junk = [np.random.default_rng(turn + i).bytes(5000 * (i + 1)) for i in range(40)]
        with open_media("video", tmp_path / str(turn), 0, CLIP) as media:
            for rgb in pictures():
                media.add(rgb)
        del junk
        digests.add(file_digest(tmp_path / str(turn) / media_name("video", 0)))
    assert len(digests) == 1


def test_frames_are_files_of_their_own(tmp_path):
    with open_media("frames", tmp_path, 3, CLIP) as media:
        for rgb in pictures():
            media.add(rgb)
    assert len(list((tmp_path / "00003").iterdir())) == 40
    shown = read_image(tmp_path / media_name("frames", 3, 39))
    assert np.abs(shown.astype(int) - pictures()[39]).mean() < 3


def test_a_video_that_breaks_off_still_closes_its_file(tmp_path):
    with pytest.raises(RuntimeError, match="stop"), open_media("video", tmp_path, 0, CLIP) as media:
        media.add(pictures()[0])
        raise RuntimeError("stop")
