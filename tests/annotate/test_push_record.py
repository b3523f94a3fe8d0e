"""The record a push leaves on a sample: what counts as a reviewer's change, and what does not."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bleedkit.annotate.push_record import PushRecord, digest_of

VALUES = {
    "clip_id": "c",
    "frame_number": 3,
    "onset": False,
    "metadata": {"width": 4},
    "points": {
        "_cls": "Keypoints",
        "keypoints": [{"label_id": "aa", "points": [[0.5, 0.25]], "visible": True, "confidence": None, "tags": []}],
    },
    "regions": {"_cls": "Segmentation", "label_id": "bb", "mask_path": "/m.png"},
}
text = st.text(max_size=5)


def changed(path, value):
    values = copy.deepcopy(VALUES)
    inner = values
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    record = PushRecord.of(VALUES, "oo", "train")
    return {name for name, group in record.groups.items() if not group.matches(values)}


POINT = ("points", "keypoints", 0)


@pytest.mark.parametrize(
    ("path", "value", "groups"),
    [
        ((*POINT, "points"), [[0.5, 0.26]], {"points"}),
        ((*POINT, "visible"), False, {"points"}),
        ((*POINT, "label_id"), "ab", {"points"}),
        ((*POINT, "tags"), ["accepted"], {"points"}),
        (("points", "keypoints"), [], {"points"}),
        (("regions",), None, {"regions"}),
        (("regions", "mask"), b"x", {"regions"}),
        (("onset",), True, {"onset"}),
        (("clip_id",), "d", {"frame"}),
        # what FiftyOne itself adds and drops, and what is the user's own
        ((*POINT, "tags"), ["look again"], set()),
        ((*POINT, "index"), None, set()),
        ((*POINT, "attributes"), {}, set()),
        ((*POINT, "points"), [(0.5, 0.25)], set()),
        (("metadata",), {"width": 4, "mime_type": "image/png"}, set()),
        (("my_field",), 1, set()),
    ],
)
def test_which_group_a_change_is_seen_in(path, value, groups):
    assert changed(path, value) == groups


def test_a_region_painted_into_an_empty_field_is_seen():
    values = {name: value for name, value in VALUES.items() if name not in ("regions", "points")}
    record = PushRecord.of(values, "", "")
    assert not record.groups["regions"].matches({**values, "regions": {"mask": b"x"}})
    assert not record.groups["points"].matches({**values, "points": VALUES["points"]})


def test_it_names_the_labels_that_were_pushed():
    record = PushRecord.of(VALUES, "oo", "train")
    assert record.groups["points"].labels == {"points": ["aa"]}
    assert record.groups["regions"].labels == {"regions": ["bb"]}
    assert record.groups["onset"].labels == {"onset": ["oo"]}


@given(clip=text, label=text, onset=text, tag=text, x=st.floats(allow_nan=True))
def test_it_survives_its_text(clip, label, onset, tag, x):
    point = {"label_id": label, "points": [[x, 0.5]]}
    record = PushRecord.of({"clip_id": clip, "points": {"keypoints": [point]}}, onset, tag)
    assert PushRecord.read(record.to_json()) == record


@given(st.one_of(st.none(), st.text(), st.just('{"groups": 3, "tag": 1}'), st.just('{"groups": {"a": []}, "tag": ""}')))
def test_any_other_text_is_an_empty_record(anything):
    assert PushRecord.read(anything) == PushRecord({})


@given(st.dictionaries(text, st.one_of(st.integers(), text, st.floats(allow_nan=False)), max_size=5))
def test_key_order_does_not_matter(values):
    turned = dict(reversed(values.items()))
    assert digest_of({"a": values}, ["a"]) == digest_of({"a": turned}, ["a"])
