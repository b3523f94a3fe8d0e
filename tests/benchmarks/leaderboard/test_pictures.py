import re

import cv2
import numpy as np
import pytest

from bleedkit.benchmarks.leaderboard.overlay import answer_layer, outline, picture, said, truth_layer
from bleedkit.benchmarks.leaderboard.picture_file import picture_of
from bleedkit.benchmarks.predictions.mask_code import encode_mask

WIDTH, HEIGHT = 320, 240


def disc(x, y, radius):
    right, down = np.meshgrid(np.arange(WIDTH) + 0.5, np.arange(HEIGHT) + 0.5)
    return np.hypot(right - x, down - y) < radius


def drawn(path):
    """An outline filled, by OpenCV, whose pixel centres lie on whole numbers."""
    found = np.zeros((HEIGHT, WIDTH), np.uint8)
    polygons = [
        np.array([[float(v) for v in point.split()] for point in part.rstrip("Z").split("L")])
        for part in path.split("M")[1:]
    ]
    cv2.fillPoly(found, [np.round(polygon - 0.5).astype(np.int32) for polygon in polygons], 1)
    return found.astype(bool)


@pytest.mark.parametrize("hole", [0, 20])
def test_an_outline_is_that_of_the_mask_in_pixels_of_the_frame(hole):
    mask = disc(200, 90, 50) & ~disc(200, 90, hole)
    found = drawn(outline(encode_mask(mask), WIDTH, HEIGHT))
    assert (found & mask).sum() / (found | mask).sum() > 0.94


def test_an_empty_mask_has_no_outline():
    assert outline(encode_mask(np.zeros((HEIGHT, WIDTH), bool)), WIDTH, HEIGHT) == ""


ROW = {"width": WIDTH, "height": HEIGHT, "x": 30.0, "y": 40.0, "true_x": 30.0, "true_y": 80.0, "true_visible": True,
       "confidence": 0.75}  # fmt: skip


def test_a_cross_stands_at_the_point():
    # Arms of 320 / 28 = 11.4 px to each side of (30, 40).
    assert "M18.6 40.0H41.4M30.0 28.6V51.4" in answer_layer(ROW)
    assert "M18.6 80.0H41.4M30.0 68.6V91.4" in truth_layer(ROW)


def test_what_is_not_there_is_not_drawn():
    assert answer_layer(ROW | {"x": None, "y": None}) == ""
    assert truth_layer(ROW | {"true_visible": None}) == ""
    assert truth_layer(ROW | {"true_visible": False}) == ""


def test_it_is_said_how_far_off_the_point_is():
    assert said(ROW) == "10.0% of the diagonal off, confidence 0.75"  # 40 px of hypot(320, 240) = 400
    assert said(ROW | {"x": None, "confidence": None}) == "no point"
    assert said(ROW | {"is_query": True}) == "the point that it was given"
    assert said(ROW | {"true_visible": False}) == "a point; truth has none, confidence 0.75"


def test_the_picture_has_a_text_and_escapes_it():
    html = picture("pictures/a.jpg", ROW, '"><b>', truth_layer(ROW))
    assert 'aria-label="&quot;&gt;&lt;b&gt;"' in html
    assert re.search('<image href="pictures/a.jpg" width="320" height="240"', html)


def test_only_a_real_picture_that_lies_there_is_taken(tmp_path):
    good = tmp_path / "good.jpg"
    cv2.imwrite(str(good), np.zeros((8, 8, 3), np.uint8))
    (tmp_path / "link.jpg").symlink_to(good)
    (tmp_path / "page.jpg").write_bytes(b"<html>")
    (tmp_path / "wrong.png").write_bytes(good.read_bytes())
    (tmp_path / "large.jpg").write_bytes(good.read_bytes() + bytes(5 * 2**20))
    (tmp_path / "folder.jpg").mkdir()
    assert picture_of(good) == good.read_bytes()
    for name in ("link.jpg", "page.jpg", "wrong.png", "large.jpg", "folder.jpg", "absent.jpg"):
        assert picture_of(tmp_path / name) == b""
