"""LabelMe files: real ones survive reading and writing, hostile ones are findings, shapes cover the right pixels."""

import base64
import json
import math

import cv2
import numpy as np
import pytest
from bleedkit_test_layouts.labelme import document, mask_shape, shape
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.path import Path as Outline

from bleedkit.datasets.errors import BleedkitError
from bleedkit.datasets.labelme_file import (
    MAX_BYTES,
    SHAPE_TYPES,
    LabelMeFile,
    LabelMeShape,
    parse_labelme,
    read_labelme,
    write_labelme,
)
from bleedkit.datasets.labelme_shape import polygon_mask, shape_mask, shape_point
from bleedkit.datasets.problems import Problems
from bleedkit.datasets.schema import ImageSize

SIZE = ImageSize(64, 48)


def parse(value) -> tuple[LabelMeFile | None, list[str]]:
    told: list[str] = []
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return parse_labelme(data, told.append), told


def one(shape_object: dict) -> LabelMeShape | None:
    """The shape as read from a file that holds nothing else."""
    file, told = parse(document("a.jpg", [shape_object]))
    assert file is not None
    assert len(file.shapes) + len(told) == 1
    return file.shapes[0] if file.shapes else None


def test_real_files_survive_reading_and_writing(shared_data, tmp_path):
    files = sorted((shared_data / "labelme").rglob("*.json"))
    assert len(files) == 10
    for path in files:
        problems = Problems()
        file = read_labelme(path, problems, path.name)
        assert not problems.found
        write_labelme(tmp_path / "out.json", file)
        before, after = (json.loads(p.read_text()) for p in (path, tmp_path / "out.json"))
        assert after == before
        assert list(after) == list(before)


def test_unknown_keys_stay_at_both_levels_and_a_change_lands(tmp_path):
    written = document("a.jpg", [shape("source", [[5.0, 6.0]], score=0.5)], reviewer={"name": "Kim"})
    file, _ = parse(written)
    write_labelme(tmp_path / "a.json", file)
    assert json.loads((tmp_path / "a.json").read_text()) == written
    moved = LabelMeShape(**{**vars(file.shapes[0]), "points": ((7.0, 8.0),), "group_id": 0})
    write_labelme(tmp_path / "a.json", LabelMeFile(**{**vars(file), "shapes": (moved,)}))
    after = json.loads((tmp_path / "a.json").read_text())
    assert after["shapes"][0] == {**written["shapes"][0], "points": [[7.0, 8.0]], "group_id": 0}
    assert after["reviewer"] == {"name": "Kim"}


def test_a_file_of_our_own_has_what_labelme_needs(tmp_path):
    write_labelme(
        tmp_path / "a.json", LabelMeFile("a.jpg", (LabelMeShape("source", ((1.0, 2.0),), "point"),), SIZE, "5.7.0")
    )
    values = json.loads((tmp_path / "a.json").read_text())
    assert {"version", "imageData", "imagePath", "shapes"} <= values.keys()
    assert (values["imageHeight"], values["imageWidth"]) == (48, 64)
    assert read_labelme(tmp_path / "a.json", Problems(), "").size == SIZE


def test_nan_cannot_be_written_and_leaves_the_old_file(tmp_path):
    (tmp_path / "a.json").write_text("old")
    with pytest.raises(BleedkitError, match="cannot be written as JSON"):
        write_labelme(tmp_path / "a.json", LabelMeFile("a.jpg", (), stored={"score": math.nan}))
    assert (tmp_path / "a.json").read_text() == "old"


def test_windows_paths_are_read_and_written_back_as_they_were():
    file, told = parse(document("sub\\a.jpg", []))
    assert not told
    assert file.image_path == "sub/a.jpg"
    assert file.to_json()["imagePath"] == "sub\\a.jpg"


def test_a_bad_shape_costs_itself_only():
    good = shape("source", [[5.0, 6.0]])
    file, told = parse(document("a.jpg", [shape("x", []), good, shape("y", [[1.0]]), "z"]))
    assert [s.label for s in file.shapes] == ["source"]
    assert [text.partition(":")[0] for text in told] == [f"shape {n} left out" for n in (0, 2, 3)]


VERTICES = {
    "polygon": {3, 4, 5}, "rectangle": {2}, "oriented_rectangle": {4}, "point": {1}, "points": {1, 2, 3, 4, 5},
    "line": {2}, "circle": {2}, "linestrip": {2, 3, 4, 5},
}  # fmt: skip


@pytest.mark.parametrize("kind", VERTICES)
@pytest.mark.parametrize("count", range(6))
def test_vertex_counts(kind, count):
    read = one(shape("a", [[float(i), float(i * i)] for i in range(count)], kind))
    assert (read is not None) == (count in VERTICES[kind])


def test_every_shape_type_is_covered_here():
    assert {*VERTICES, "mask"} == set(SHAPE_TYPES)


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf, 1e7, 10**400, True, "5", None, [1]])
def test_a_coordinate_is_a_finite_number(number):
    data = json.dumps(document("a.jpg", [shape("a", [[number, 5.0]])])).encode()
    file, told = parse(data)
    assert file.shapes == ()
    assert len(told) == 1


def png(pixels: np.ndarray) -> bytes:
    return cv2.imencode(".png", pixels)[1].tobytes()


def test_embedded_images_are_checked():
    data = png(np.zeros((48, 64, 3), np.uint8))
    file, told = parse(document("a.jpg", [], imageData=base64.b64encode(data).decode()))
    assert not told
    assert file.image_data is not None
    _, told = parse(document("a.jpg", [], size=(65, 48), imageData=base64.b64encode(data).decode()))
    assert "imageData is 64x48, imageWidth and imageHeight say 65x48" in told[0]
    _, told = parse(document("a.jpg", [], imageData="not base64!"))
    assert "not base64" in told[0]


def test_a_huge_file_is_refused_unread(tmp_path):
    with (tmp_path / "a.json").open("wb") as stream:
        stream.truncate(MAX_BYTES + 1)
    problems = Problems()
    assert read_labelme(tmp_path / "a.json", problems, "a.json") is None
    assert "larger than" in problems.found[0].what


def test_a_missing_file_is_a_finding(tmp_path):
    problems = Problems()
    assert read_labelme(tmp_path / "a.json", problems, "sub/a.json", 7) is None
    assert (problems.found[0].file, problems.found[0].frame) == ("sub/a.json", 7)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
SHAPE = st.dictionaries(
    st.sampled_from(["label", "points", "shape_type", "group_id", "description", "flags", "mask", "more"]),
    JSON
    | st.sampled_from([*SHAPE_TYPES, "AAAA"])
    | st.lists(st.lists(st.floats(), min_size=2, max_size=2), max_size=5),
)
FILE = st.dictionaries(
    st.sampled_from(["version", "flags", "imagePath", "imageData", "imageHeight", "imageWidth", "more"]), JSON
)


@given(JSON | FILE)
def test_arbitrary_json_is_a_file_or_a_finding(value):
    file, told = parse(value)
    assert (file is None) == bool(told)


@given(st.lists(SHAPE, max_size=4))
def test_arbitrary_shapes_are_shapes_or_findings(shapes):
    file, told = parse(document("a.jpg", shapes))
    assert len(file.shapes) + len(told) == len(shapes)
    for read in file.shapes:
        assert shape_point(read) is None or len(read.points) == 1
        mask = shape_mask(read, SIZE)
        assert mask is None or (mask.shape == (48, 64) and mask.dtype == bool)


@given(st.binary(max_size=60))
def test_arbitrary_bytes_are_a_finding(data):
    file, told = parse(data)
    assert file is None
    assert len(told) == 1


pixels = st.floats(-5, 70, allow_nan=False)
SHAPES = st.one_of(
    st.tuples(st.just("point"), st.lists(st.tuples(pixels, pixels), min_size=1, max_size=1)),
    st.tuples(st.just("polygon"), st.lists(st.tuples(pixels, pixels), min_size=3, max_size=6)),
    st.tuples(st.just("rectangle"), st.lists(st.tuples(pixels, pixels), min_size=2, max_size=2)),
)


@given(
    SHAPES,
    st.text("abc é", min_size=1).filter(str.strip),
    st.none() | st.integers(),
    st.none() | st.text(st.characters(exclude_categories=["Cs"])),
    st.dictionaries(st.text("xyz", max_size=3), st.booleans()),
)
def test_what_is_written_is_read_back(geometry, label, group, description, flags):
    made = LabelMeShape(label, tuple(geometry[1]), geometry[0], group, description, flags)
    file = LabelMeFile("sub/ä.jpg", (made,), SIZE, "5.7.0")
    back, told = parse(json.dumps(file.to_json(), allow_nan=False).encode())
    assert not told
    read = back.shapes[0]
    assert (read.label, read.points, read.shape_type, read.flags) == (label, made.points, made.shape_type, flags)
    assert read.group_id == group
    assert (read.description or None) == (description or None)
    assert (back.image_path, back.size) == ("sub/ä.jpg", SIZE)


# -- shapes as pixels --------------------------------------------------------------------------------------------------


def region(shape_type: str, points: list) -> np.ndarray:
    return shape_mask(LabelMeShape("a", tuple(points), shape_type), SIZE)


def test_a_rectangle_on_whole_numbers_covers_just_its_pixels():
    mask = region("rectangle", [(10.0, 5.0), (13.0, 7.0)])
    assert mask.sum() == 3 * 2
    assert mask[5:7, 10:13].all()


def test_a_one_pixel_box_has_area_one():
    assert region("rectangle", [(10.0, 5.0), (11.0, 6.0)]).sum() == 1
    assert region("rectangle", [(11.0, 6.0), (10.0, 5.0)]).sum() == 1  # corners in any order


def test_what_lies_outside_is_cut_off():
    assert region("rectangle", [(-5.0, -5.0), (2.0, 3.0)]).sum() == 2 * 3
    assert region("rectangle", [(-1e6, -1e6), (1e6, 1e6)]).all()
    assert not region("rectangle", [(100.0, 100.0), (200.0, 200.0)]).any()


def test_a_circle_covers_the_centres_within_its_radius():
    # Radius 1 about the corner of four pixels: their centres are 0.71 away, the next ones 1.58.
    assert region("circle", [(10.0, 10.0), (11.0, 10.0)]).sum() == 4
    # Radius 1 about a pixel's centre: it and its four neighbours.
    assert region("circle", [(10.5, 10.5), (10.5, 11.5)]).sum() == 5


def test_a_triangle_by_hand():
    # Centres (c + 0.5, r + 0.5) with x + y < 4: rows of 3, 2, 1 (of 4 - 0.5 - y, those below; equality is outside).
    mask = region("polygon", [(0.0, 0.0), (4.0, 0.0), (0.0, 4.0)])
    assert [int(row.sum()) for row in mask[:4]] == [3, 2, 1, 0]


def test_a_polygon_crossing_itself_is_filled_by_the_even_odd_rule():
    twice = region("polygon", [(0, 0), (6, 0), (6, 6), (0, 6), (0, 0), (6, 0), (6, 6), (0, 6)])
    assert not twice.any()


def test_a_mask_lies_in_its_inclusive_box():
    patch = np.array([[1, 0], [1, 1], [0, 1]], bool)
    mask = shape_mask(one(mask_shape("blood", patch, 7, 3)), SIZE)
    assert mask.sum() == 4
    np.testing.assert_array_equal(mask[3:6, 7:9], patch)


def test_a_mask_over_the_border_is_cut_off():
    mask = shape_mask(one(mask_shape("blood", np.ones((4, 4), bool), -2, 46)), SIZE)
    assert mask.sum() == 2 * 2


@pytest.mark.parametrize("kind", ["line", "linestrip", "points"])
def test_lines_are_neither_points_nor_regions(kind):
    read = LabelMeShape("a", ((1.0, 1.0), (2.0, 2.0)), kind)
    assert shape_point(read) is None
    assert shape_mask(read, SIZE) is None


quarters = st.integers(-20, 280).map(lambda n: n / 4 + 0.1)  # off the pixel centres, where both rules agree


@settings(max_examples=50)
@given(st.lists(st.tuples(quarters, quarters), min_size=3, max_size=3))
def test_triangles_cover_the_pixels_matplotlib_finds(points):
    columns, rows = np.meshgrid(np.arange(64) + 0.5, np.arange(48) + 0.5)
    centres = np.stack([columns.ravel(), rows.ravel()], 1)
    (ax, ay), (bx, by), (cx, cy) = points
    if abs((bx - ax) * (cy - ay) - (cx - ax) * (by - ay)) < 1:
        return  # a line
    wanted = Outline([*points, points[0]], closed=True).contains_points(centres).reshape(48, 64)
    differing = np.argwhere(wanted != polygon_mask(points, SIZE))
    for row, column in differing:  # only centres on an edge, which either may count in
        assert min(_distance((column + 0.5, row + 0.5), points[i - 1], points[i]) for i in range(3)) < 1e-6


def _distance(point, start, end) -> float:
    """From a point to the line through two others."""
    (px, py), (x0, y0), (x1, y1) = point, start, end
    return abs((x1 - x0) * (py - y0) - (px - x0) * (y1 - y0)) / max(math.hypot(x1 - x0, y1 - y0), 1e-12)


def test_real_polygons_agree_with_pillow_but_for_the_outline(shared_data):
    from PIL import Image, ImageDraw

    file = read_labelme(shared_data / "labelme/semantic_segmentation/2011_000025.json", Problems(), "")
    for read in file.shapes:
        picture = Image.new("1", (file.size.width, file.size.height))
        ImageDraw.Draw(picture).polygon(list(read.points), fill=1)
        theirs, ours = np.asarray(picture), shape_mask(read, file.size)
        around = cv2.dilate(ours.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
        assert not (theirs & ~around).any()  # Pillow paints pixels the outline touches, at most one further
        assert (ours & theirs).sum() > 0.99 * ours.sum()
