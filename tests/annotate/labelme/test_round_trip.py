"""Any labels go to label files and back: unchanged they bring nothing, changed they bring just what was changed."""

import json
import math
from collections import Counter
from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from bleedkit.annotate.labelme.earlier_file import match_earlier
from bleedkit.annotate.labelme.frame_changes import Annotator, FrameReader
from bleedkit.annotate.labelme.label_shapes import label_file
from bleedkit.annotate.labelme.lineage import Lineage
from bleedkit.annotate.labelme.marks import read_marks
from bleedkit.annotate.labelme.shape_names import absent_of, empty_flag, hidden_flag, point_name, point_target
from bleedkit.datasets.labelme_file import parse_labelme
from bleedkit.datasets.mask_store import MaskFile
from bleedkit.datasets.schema import Clip, ImageSize, LabelState, MaskLabel, PointLabel, Review

SIZE = ImageSize(32, 24)
CLIP = Clip("clip", "p", "p", 1, SIZE, 10)
FRAME = 4
NAMES = st.text("ab:0123 ü", min_size=1, max_size=5).filter(lambda name: name.strip() == name)


@st.composite
def masks(draw):
    """Regions of any number of parts with any holes; sometimes none at all."""
    seed, cover = draw(st.integers(0, 2**32 - 1)), draw(st.sampled_from([0.0, 0.02, 0.5, 0.9]))
    block = draw(st.sampled_from([1, 2, 4]))
    mask = np.random.default_rng(seed).random((24 // block, 32 // block)) < cover
    return mask.repeat(block, 0).repeat(block, 1)


@st.composite
def frames(draw):
    """Labels of one frame, of unlike targets, and the pixels of its regions by path."""
    pixels: dict[str, np.ndarray] = {}
    rows: list[PointLabel | MaskLabel] = []
    common = st.fixed_dictionaries(
        {
            "state": st.just(LabelState.HUMAN),
            "review": st.sampled_from([Review.UNREVIEWED, Review.ACCEPTED]),
            "annotator": st.sampled_from(["", "lee"]),
            "confidence": st.sampled_from([math.nan, 0.25]),
        }
    )
    for target in draw(st.lists(NAMES, unique=True, max_size=4)):
        x, y = draw(st.floats(0, 31.99)), draw(st.floats(0, 23.99))
        visible = draw(st.booleans())
        rows.append(
            PointLabel(
                clip_id="clip", frame=FRAME, target=target, x=x, y=y, visible=visible, **draw(common), var_x=draw(
                    st.sampled_from([math.nan, 2.0])), var_y=2.0, cov_xy=0.5)
        )  # fmt: skip
    for target in draw(st.lists(NAMES, unique=True, max_size=2)):
        mask = draw(masks())
        file = MaskFile.of(mask)
        pixels[file.path] = mask
        rows.append(
            MaskLabel(
                clip_id="clip",
                frame=FRAME,
                target=target,
                path=file.path,
                digest=file.digest,
                area=file.area,
                **draw(common),
            )
        )
    return rows, pixels


def written(rows, pixels, **more) -> dict:
    """The label file's JSON values, as its text gives them."""
    targets = {"point": {"source"}, "region": {"region"}}
    file = label_file(CLIP, FRAME, "000004.png", rows, lambda row: pixels[row.path], targets=targets, **more)
    return json.loads(json.dumps(file.to_json()))


def changes(values: dict, rows, pixels):
    """What an import finds in the file; files of new masks come into `pixels`."""
    told: list[str] = []
    file = parse_labelme(json.dumps(values).encode(), told.append)
    assert not told
    ids = [row.label_id for row in rows]
    reader = FrameReader(CLIP, FRAME, Annotator("kim", "run"), lambda row: pixels[row.path])
    found = reader.read(dict(zip(ids, rows, strict=True)), read_marks(file, ids, SIZE))
    assert not found.refused
    return found.changes


@settings(max_examples=120)
@given(frames())
def test_unchanged_labels_bring_nothing(frame):
    rows, pixels = frame
    assert changes(written(rows, pixels), rows, pixels) == []


@settings(max_examples=120)
@given(frames(), st.data())
def test_one_change_is_one_row_and_nothing_else(frame, data):
    rows, pixels = frame
    values = written(rows, pixels)
    shapes = values["shapes"]
    if not shapes:
        return
    number = data.draw(st.integers(0, len(shapes) - 1))
    base = next(row for row in rows if row.label_id == shapes[number]["bleedkit"]["label_id"])
    if isinstance(base, PointLabel) and data.draw(st.booleans()):
        x, y = data.draw(st.floats(0, 31.99)), data.draw(st.floats(0, 23.99))
        shapes[number]["points"] = [[x, y]]
        found = changes(values, rows, pixels)
        if (x, y) == (base.x, base.y):
            assert found == []
            return
        (change,) = found
        assert (change.row.x, change.row.y, change.row.review) == (x, y, Review.CORRECTED)
        assert change.row.state is LabelState.HUMAN
    else:
        del shapes[number]
        (change,) = changes(values, rows, pixels)
        said = {"review": Review.REJECTED, "annotator": "kim", "provenance": "run", "supersedes": base.label_id}
        assert change.row == replace(base, **said)
    assert change.base is base
    assert change.row.supersedes == base.label_id


@settings(max_examples=60)
@given(frames(), st.permutations(range(6)))
def test_the_order_of_shapes_says_nothing(frame, order):
    rows, pixels = frame
    values = written(rows, pixels)
    shapes = values["shapes"]
    values["shapes"] = [shapes[i] for i in order if i < len(shapes)]
    assert changes(values, rows, pixels) == []


@settings(max_examples=60)
@given(frames(), st.dictionaries(st.text("xyz", min_size=1), st.integers() | st.lists(st.text(max_size=3)), max_size=3))
def test_unknown_keys_survive_another_export(frame, keys):
    rows, pixels = frame
    values = written(rows, pixels)
    values |= {f"file {key}": value for key, value in keys.items()}
    for shape in values["shapes"]:
        shape |= {f"shape {key}": value for key, value in keys.items()}
    file = parse_labelme(json.dumps(values).encode(), print)
    lineage = Lineage({row.label_id: row for row in rows})
    earlier = match_earlier(file, FRAME, lineage, SIZE, lambda row: pixels[row.path])
    again = written(rows, pixels, earlier=earlier)
    assert again == values


@settings(max_examples=60)
@given(frames())
def test_drawn_in_an_empty_file_labels_come_back_whole(frame):
    """As if a person had drawn all of it: position to the last digit, regions to the pixel."""
    rows, pixels = frame
    values = written(rows, pixels)
    for shape in values["shapes"]:
        del shape["bleedkit"]
    found = [change.row for change in changes(values, [], pixels)]
    points = Counter((row.target, row.x, row.y) for row in rows if isinstance(row, PointLabel) and row.visible)
    assert Counter((r.target, r.x, r.y) for r in found if isinstance(r, PointLabel) and r.visible) == points
    regions = {row.target: row.digest for row in rows if isinstance(row, MaskLabel)}
    assert {row.target: row.digest for row in found if isinstance(row, MaskLabel)} == regions
    hidden = {row.target for row in rows if isinstance(row, PointLabel) and not row.visible}
    assert {row.target for row in found if isinstance(row, PointLabel) and not row.visible} == hidden


@given(NAMES | st.text(min_size=1))
def test_names_come_back(target):
    assert point_target(*point_name(target)) == target
    assert absent_of(hidden_flag(target)) == ("point", target)
    assert absent_of(empty_flag(target)) == ("region", target)
