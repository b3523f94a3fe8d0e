"""Files out of strange hands: each is refused with its reason, all at once, and the honest ones come in."""

import base64
import json
import os
import struct
import zlib

import pytest
from bleedkit_test_layouts.labelme import mask_shape, shape
from bleedkit_test_layouts.labelme_work import add_mask, box_mask, edit, label_path, move, read, tables

from bleedkit.annotate.labelme.export_labels import export_labelme
from bleedkit.annotate.labelme.import_labels import import_labelme
from bleedkit.annotate.labelme.manifest import MANIFEST
from bleedkit.datasets.errors import BleedkitError
from bleedkit.datasets.labelme_file import MAX_BYTES


def bomb() -> str:
    """A PNG of a few bytes that says it has 100,000 x 100,000 pixels."""

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 0, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    return base64.b64encode(data).decode()


def add(*shapes):
    return lambda values: values["shapes"].extend(shapes)


def set_to(**more):
    return lambda values: values.update(more)


HOSTILE = {
    "a path up": (set_to(imagePath="../000001.png"), "not a path inside"),
    "a path out": (set_to(imagePath="/etc/passwd"), "not a path inside"),
    "a folder below": (set_to(imagePath="sub/000001.png"), "must name the image beside it"),
    "another frame's image": (set_to(imagePath="000002.png"), "must name the image beside it"),
    "another frame's file": (set_to(bleedkit={"clip_id": "clip1", "frame": 1}), "label file of another frame"),
    "NaN": (add(shape("source", [[float("nan"), 1.0]])), "finite pixel coordinates"),
    "infinite": (add(shape("source", [[float("inf"), 1.0]])), "finite pixel coordinates"),
    "huge number": (add(shape("source", [[1e300, 1.0]])), "finite pixel coordinates"),
    "two-point point": (add(shape("source", [[1.0, 1.0], [2.0, 2.0]])), "a point has 1 points, got 2"),
    "unknown type": (add(shape("source", [[1.0, 1.0]], "star")), "shape_type 'star'"),
    "mask without data": (add(shape("region", [[1, 1], [5, 5]], "mask")), "needs mask data"),
    "mask of text": (add(shape("region", [[1, 1], [5, 5]], "mask", mask="!")), "not base64"),
    "mask that is a bomb": (add(shape("region", [[1, 1], [5, 5]], "mask", mask=bomb())), "is not an image we read"),
    "mask of another size": (
        add(mask_shape("region", box_mask(0, 0, 4, 4), 0, 0) | {"points": [[0, 0], [3, 3]]}), "its box is 4x4"),
    "wrong size": (set_to(imageWidth=640, imageHeight=480), "must be 64x48, got 640x480"),
    "no size": (set_to(imageWidth=None, imageHeight=None), "must be 64x48, got none"),
    "a picture of another size inside": (set_to(imageData=bomb()), "is not an image we read"),
    "terminal escapes": (add(shape("\x1b[2J", [[1.0, 1.0]])), "control characters"),
    "shapes that are none": (set_to(shapes=[7]), "wanted an object"),
    "no shapes": (set_to(shapes="x"), "shapes must be list"),
    "numbers as flags": (set_to(flags={"region: none": 1}), "flags must be true or false"),
}  # fmt: skip
TEXTS = {
    "not JSON": ("{", "not a LabelMe file"),
    "deep": ("[" * 200_000, "not a LabelMe file"),
    "deep below a key": ('{"x":' * 100_000, "not a LabelMe file"),
    "a key twice": ('{"shapes": [], "shapes": [], "imagePath": "000001.png"}', "twice"),
    "not text": (b"\xff\xfe\x00", "not a LabelMe file"),
    "empty": ("", "not a LabelMe file"),
}


def refused(cohort, exported, expected: str) -> None:
    """Frame 1 brings nothing but its reason, frame 3 beside it comes in."""
    edit(exported, 3, add(shape("source", [[9.0, 8.0]])))
    result = import_labelme(cohort, exported, annotator="kim")
    assert result.lines() == ["clip0 frame 3: point 'source' added"]
    errors = [problem for problem in result.problems.errors if problem.file == "clip0/000001.json"]
    assert len(errors) == len(result.problems.errors) >= 1
    assert any(expected in problem.what for problem in errors), errors
    assert all(problem.frame == 1 and problem.remedy for problem in errors)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_whole(cohort, exported, name):
    change, expected = HOSTILE[name]
    move(exported, 1, 1, 1)  # even the honest part of a bad file stays out
    edit(exported, 1, change)
    refused(cohort, exported, expected)


@pytest.mark.parametrize("name", TEXTS)
def test_what_is_no_label_file_is_refused(cohort, exported, name):
    text, expected = TEXTS[name]
    label_path(exported, 1).write_bytes(text if isinstance(text, bytes) else text.encode())
    refused(cohort, exported, expected)


def test_a_huge_file_is_refused_unread(cohort, exported):
    with label_path(exported, 1).open("r+b") as stream:
        stream.truncate(MAX_BYTES + 1)
    refused(cohort, exported, "larger than")


def test_a_link_out_of_the_folder_is_refused(cohort, exported, tmp_path):
    (tmp_path / "secret.json").write_text(label_path(exported, 1).read_text())
    label_path(exported, 1).unlink()
    label_path(exported, 1).symlink_to(tmp_path / "secret.json")
    refused(cohort, exported, "link out of")


def test_a_pipe_is_not_waited_for(cohort, exported):
    label_path(exported, 1).unlink()
    os.mkfifo(label_path(exported, 1))
    assert import_labelme(cohort, exported, annotator="kim").lines() == []


def test_a_flag_with_control_characters_makes_no_label(cohort, exported):
    edit(exported, 1, lambda values: values["flags"].update({"\x1b[2J: not visible": True}))
    refused(cohort, exported, "holds control characters")


def test_all_problems_are_told_at_once(cohort, exported):
    edit(exported, 0, add(shape("a", [[1.0, 1.0]], "star"), shape("b", [[1.0]]), shape("c", [], "polygon")))
    edit(exported, 1, set_to(imagePath="../x.png"))
    label_path(exported, 2).write_text("{")
    before = tables(cohort)
    result = import_labelme(cohort, exported, annotator="kim")
    told = [problem.what for problem in result.problems.errors if problem.what != "nothing of it was taken"]
    assert len(told) == 5
    assert tables(cohort) == before


def test_a_file_that_came_along_is_told_and_not_read(cohort, exported):
    (exported / "clip0/notes.json").write_text("[" * 100_000)
    result = import_labelme(cohort, exported, annotator="kim")
    assert [(problem.code, problem.file) for problem in result.problems] == [("labelme-stranger", "clip0/notes.json")]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "[" * 100_000,
        '{"format": 1, "frames": []}',
        '{"format": 2}',
        '{"format": 1, "frames": {"a": 1}}',
    ],
)
def test_a_broken_manifest_is_one_clear_error(cohort, exported, text):
    (exported / MANIFEST).write_text(text)
    with pytest.raises(BleedkitError, match=MANIFEST):
        import_labelme(cohort, exported, annotator="kim")


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "..\\x.json", "C:\\x.json"])
def test_a_manifest_that_points_outside_reads_nothing_there(cohort, exported, name):
    values = json.loads((exported / MANIFEST).read_text())
    values["frames"] = {name: values["frames"]["clip0/000001.json"]}
    (exported / MANIFEST).write_text(json.dumps(values))
    result = import_labelme(cohort, exported, annotator="kim")
    assert [problem.code for problem in result.problems.errors] == ["labelme-path"]
    assert not result.changes


def test_a_manifest_with_clips_the_cohort_lacks_is_refused(cohort, exported):
    values = json.loads((exported / MANIFEST).read_text())
    values["frames"]["clip0/000001.json"]["clip_id"] = "else"
    (exported / MANIFEST).write_text(json.dumps(values))
    with pytest.raises(BleedkitError, match="no clip 'else'"):
        import_labelme(cohort, exported, annotator="kim")


def test_a_broken_earlier_file_costs_only_what_is_broken(cohort, exported):
    edit(exported, 1, set_to(note="kept"))
    add_mask(cohort, box_mask(1, 1, 5, 5))
    edit(exported, 2, add(shape("x", [[1.0]], "star")))
    with pytest.raises(BleedkitError, match="not in the cohort"):
        export_labelme(cohort, exported)
    edit(exported, 2, lambda values: values["shapes"].clear())
    export_labelme(cohort, exported)
    assert read(exported, 1)["note"] == "kept"
