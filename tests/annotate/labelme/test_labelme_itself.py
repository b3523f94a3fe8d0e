"""Through labelme's own code: its LabelFile, and its window with a mouse that drags a point."""

import json
import math
import os
import subprocess
import sys

import numpy as np
import pytest
from bleedkit_test_layouts.labelme_work import add_mask, box_mask, label_path, read, tables

from bleedkit.annotate.labelme.export_labels import export_labelme
from bleedkit.annotate.labelme.import_labels import import_labelme
from bleedkit.datasets.mask_file import read_mask_png
from bleedkit.datasets.schema import LabelState, Review

DRAG = """
import json, sys
from PyQt5 import QtCore, QtGui, QtWidgets
from labelme.app import MainWindow

folder, dx, dy = sys.argv[1], float(sys.argv[2]), float(sys.argv[3])
app = QtWidgets.QApplication([])
window = MainWindow(config_overrides={"auto_save": True}, file_or_dir=folder)
window.show()
app.processEvents()
shown = [window._image_path]
while not window._canvas_widgets.canvas.shapes:  # the first frame that has a shape
    window._open_next_image()
    app.processEvents()
    assert window._image_path != shown[-1], "no image of the folder has a shape"
    shown.append(window._image_path)
canvas = window._canvas_widgets.canvas
shape = next(one for one in canvas.shapes if one.shape_type == "point")

def mouse(kind, at, button, buttons):
    place = (at + canvas._compute_image_origin_offset()) * canvas.scale
    event = QtGui.QMouseEvent(kind, place, button, buttons, QtCore.Qt.NoModifier)
    {2: canvas.mousePressEvent, 3: canvas.mouseReleaseEvent, 5: canvas.mouseMoveEvent}[int(kind)](event)
    app.processEvents()

left, none = QtCore.Qt.LeftButton, QtCore.Qt.NoButton
start = QtCore.QPointF(shape.points[0])
end = start + QtCore.QPointF(dx, dy)
E = QtCore.QEvent
mouse(E.MouseMove, start, none, none)
mouse(E.MouseButtonPress, start, left, left)
mouse(E.MouseMove, end, none, left)
mouse(E.MouseButtonRelease, end, left, none)
window.save_labels(window._label_file_path)
point = shape.points[0]
print(json.dumps({"image": window._image_path, "start": [start.x(), start.y()], "end": [point.x(), point.y()]}))
sys.stdout.flush()
import os
os._exit(0)  # Qt without an event loop does not end by itself
"""


def save_by_labelme(label_file_class, path, change=None):
    """Load and save as labelme's window does, with `change` in between."""
    import base64

    import cv2

    file = label_file_class(str(path))
    if change is not None:
        change(file.shapes)
    shapes = []
    for shape in file.shapes:
        mask = shape["mask"]
        text = None if mask is None else base64.b64encode(cv2.imencode(".png", mask.astype(np.uint8))[1]).decode()
        shapes.append({**shape["other_data"], **{k: v for k, v in shape.items() if k != "other_data"}, "mask": text})
    file.save(
        str(path),
        shapes,
        file.image_path,
        image_height=48,
        image_width=64,
        other_data=file.other_data,
        flags=file.flags,
    )


def test_labelme_reads_what_we_write(cohort, tmp_path, label_file_class):
    mask = box_mask(3, 3, 30, 30)
    mask[8:12, 9:20] = False
    mask[40:45, 50:60] = True
    add_mask(cohort, mask)
    export_labelme(cohort, tmp_path / "work")
    file = label_file_class(str(label_path(tmp_path / "work", 1)))
    region, point = file.shapes
    assert (point["label"], point["shape_type"], point["points"]) == ("source", "point", [[32.5, 24.25]])
    # 95 % of a round Gaussian of variance 9 lie within sqrt(5.991 * 9) = 7.34 pixels.
    assert point["description"] == "bleedkit: pseudo, unreviewed, confidence 0.75, 95 % within 7.3 px"
    assert region["shape_type"] == "mask"
    (x0, y0), (x1, y1) = region["points"]
    assert (x0, y0, x1, y1) == (3, 3, 59, 44)
    np.testing.assert_array_equal(region["mask"], mask[3:45, 3:60])
    assert file.flags == {"everything else accepted": False, "source: not visible": False, "region: none": False}
    assert file.image_path == "000001.png"
    polygon = label_file_class(str(label_path(tmp_path / "work", 0))).shapes[0]
    assert polygon["shape_type"] == "polygon"


def test_saved_by_labelme_unchanged_brings_nothing(cohort, tmp_path, label_file_class):
    add_mask(cohort, box_mask(3, 3, 30, 30) ^ box_mask(5, 5, 9, 9))
    export_labelme(cohort, tmp_path / "work")
    before = tables(cohort)
    for path in (tmp_path / "work").rglob("0*.json"):
        save_by_labelme(label_file_class, path)
    result = import_labelme(cohort, tmp_path / "work", annotator="kim")
    assert (result.changes, result.problems.found, tables(cohort)) == ([], [], before)


def test_a_change_through_label_file_comes_back(cohort, tmp_path, label_file_class):
    add_mask(cohort, box_mask(3, 3, 30, 30) ^ box_mask(5, 5, 9, 9))
    export_labelme(cohort, tmp_path / "work")

    def change(shapes):
        shapes[1]["points"] = [[1.125, 2.25]]
        shapes[0]["mask"][0, :] = False  # row 3 of the frame goes

    save_by_labelme(label_file_class, label_path(tmp_path / "work", 1), change)
    result = import_labelme(cohort, tmp_path / "work", annotator="kim")
    assert not result.problems.found
    assert result.counts == {"moved": 1, "redrawn": 1}
    (row,) = (row for row in cohort.points("clip0") if row.frame == 1)
    assert (row.x, row.y) == (1.125, 2.25)
    (region,) = (row for row in cohort.masks("clip0") if row.frame == 1)
    expected = box_mask(3, 4, 30, 30) ^ box_mask(5, 5, 9, 9)
    np.testing.assert_array_equal(read_mask_png(cohort.mask_path(region)), expected)


def test_a_point_dragged_in_labelmes_window_is_just_that_correction(cohort, tmp_path):
    pytest.importorskip("PyQt5", reason="labelme is an extra")
    work = tmp_path / "work"
    export_labelme(cohort, work)
    before = tables(cohort)
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", DRAG, str(work), "6", "-4"], env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["image"] == str(work / "clip0/000000.png")
    assert told["start"] == [16, 12]
    assert math.dist(told["end"], (22, 8)) < 0.5  # a pixel of the screen is no more than half a pixel of the frame
    assert read(work, 0)["shapes"][1]["points"] == [told["end"]]
    result = import_labelme(cohort, work, annotator="kim")
    assert not result.problems.found
    (line,) = result.lines()
    assert line.startswith("clip0 frame 0: point 'source' moved by ")
    assert tables(cohort) == {**before, "points": before["points"] + 1}
    (row,) = (row for row in cohort.points("clip0") if row.frame == 0)
    assert ([row.x, row.y], row.state, row.review) == (told["end"], LabelState.HUMAN, Review.CORRECTED)
