"""Media: a clip's pixels in order, from image files and from videos; errors name file and frame."""

import cv2
import numpy as np
import pytest

from bleedkit.datasets.cohort import Cohort, CohortMeta, write_tables
from bleedkit.datasets.errors import BleedkitError
from bleedkit.datasets.media import iter_images
from bleedkit.datasets.schema import Clip, Frame, ImageSize
from bleedkit.datasets.tables import table_of
from bleedkit.datasets.transaction import locked, transaction
from bleedkit.datasets.video import index_video

SIZE = ImageSize(128, 64)


def cohort_of(folder, clip, frames):
    meta = CohortMeta("toy", "toy", "1", "", "", "1", "0", "../media")
    with locked(folder), transaction(folder) as staging:
        write_tables(staging, meta, {"clips": table_of("clips", [clip]), "frames": table_of("frames", frames)})
    return Cohort(folder)


@pytest.fixture
def stills(tmp_path, barcode):
    """A clip of 6 image files, frame 2 without image."""
    (tmp_path / "media").mkdir()
    frames = []
    for n in range(6):
        frames.append(Frame("clip", n, f"{n}.png" if n != 2 else "", n / 2, "", n != 2))
        if n != 2:
            cv2.imwrite(str(tmp_path / "media" / f"{n}.png"), cv2.cvtColor(barcode(n), cv2.COLOR_RGB2BGR))
    return cohort_of(tmp_path / "c", Clip("clip", "p", "p", 2, SIZE, 6), frames)


@pytest.fixture
def film(tmp_path, barcode_video):
    index = index_video(barcode_video(tmp_path / "media" / "v.mp4"))
    return cohort_of(tmp_path / "c", Clip("clip", "p", "p", 30, SIZE, 40, media="v.mp4"), index.frames("clip"))


def test_files_come_in_order_to_the_last_pixel_and_gaps_are_skipped(stills, barcode):
    seen = list(iter_images(stills, "clip"))
    assert [n for n, _ in seen] == [0, 1, 3, 4, 5]
    assert all(np.array_equal(rgb, barcode(n)) for n, rgb in seen)


@pytest.mark.parametrize("wanted", [[], [0], [39, 3, 3], range(5, 9), {38, 500, -1}])
def test_a_video_gives_just_the_wanted_frames(film, number_in, wanted):
    seen = [(n, number_in(rgb)) for n, rgb in iter_images(film, "clip", wanted)]
    assert seen == [(n, n) for n in sorted(set(wanted) & set(range(40)))]


def test_an_image_of_another_size_names_its_frame(stills, tmp_path):
    cv2.imwrite(str(tmp_path / "media" / "3.png"), np.zeros((10, 20, 3), np.uint8))
    with pytest.raises(BleedkitError, match="clip frame 3: picture must be 128x64, got 20x10"):
        list(iter_images(stills, "clip"))


def test_a_broken_or_missing_file_names_clip_frame_and_file(stills, tmp_path):
    data = (tmp_path / "media" / "4.png").read_bytes()
    (tmp_path / "media" / "4.png").write_bytes(data[:-20])
    with pytest.raises(BleedkitError, match=r"clip clip frame 4: .*4\.png"):
        list(iter_images(stills, "clip", [4]))
    (tmp_path / "media" / "4.png").unlink()
    with pytest.raises(BleedkitError, match=r"clip clip frame 4: .*4\.png"):
        list(iter_images(stills, "clip", [4]))


def test_a_path_out_of_the_media_root_is_refused(tmp_path):
    (tmp_path / "secret.png").write_bytes(b"x")
    (tmp_path / "media").mkdir()
    cohort = cohort_of(tmp_path / "c", Clip("clip", "p", "p", 2, SIZE, 1), [Frame("clip", 0, "../secret.png", 0, "")])
    with pytest.raises(BleedkitError, match="is not a path below"):
        list(iter_images(cohort, "clip"))
    (tmp_path / "media" / "link.png").symlink_to(tmp_path / "secret.png")
    linked = cohort_of(tmp_path / "d", Clip("clip", "p", "p", 2, SIZE, 1), [Frame("clip", 0, "link.png", 0, "")])
    with pytest.raises(BleedkitError, match="is a link out of"):
        list(iter_images(linked, "clip"))


def test_an_unknown_clip_is_one_clear_error(stills):
    with pytest.raises(BleedkitError, match="has no clip 'other'"):
        list(iter_images(stills, "other"))
