"""JSON and mapping files: read as written, or one clear error."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bleedkit.datasets.errors import BleedkitError
from bleedkit.datasets.json_file import read_json
from bleedkit.datasets.mapping_file import read_mapping

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(plain)
def test_what_json_writes_is_read_back(tmp_path_factory, value):
    path = tmp_path_factory.getbasetemp() / "value.json"
    path.write_text(json.dumps(value), encoding="utf-8")
    assert read_json(path) == (value, [])


@given(st.binary(max_size=60))
def test_any_bytes_are_json_or_one_error(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "bytes.json"
    path.write_bytes(data)
    try:
        read_json(path)
    except BleedkitError as error:
        assert "bytes.json" in str(error)


def test_the_first_of_a_repeated_key_is_kept_and_told(tmp_path):
    (tmp_path / "a.json").write_text('\ufeff{"1": [1], "2": {"x": 1, "x": 2}, "1": [9]}', encoding="utf-8")
    assert read_json(tmp_path / "a.json") == ({"1": [1], "2": {"x": 1}}, ["x", "1"])


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"{", "is not JSON"),
        (b"\xff\xfe", "is not UTF-8"),
        (b"[" * 100_000, "is nested too deeply"),
        (b"9" * 5000, "is not JSON"),
    ],
)
def test_hostile_files_are_one_error(tmp_path, data, message):
    (tmp_path / "a.json").write_bytes(data)
    with pytest.raises(BleedkitError, match=message):
        read_json(tmp_path / "a.json")


def test_a_mapping_is_read_from_json_and_toml(tmp_path):
    (tmp_path / "a.json").write_text('{"fps": 30, "labels": {"bleed": "source"}}')
    (tmp_path / "a.toml").write_text('fps = 30\n[labels]\nbleed = "source"\n')
    assert read_mapping(tmp_path / "a.json") == read_mapping(tmp_path / "a.toml")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.json", "[1]"),
        ("a.json", '{"a": 1, "a": 2}'),
        ("a.toml", "day = 2024-01-01"),
        ("a.toml", "x = nan"),
        ("a.toml", "x ="),
        ("a.toml", None),
    ],
)
def test_other_mappings_are_refused(tmp_path, name, text):
    if text is not None:
        (tmp_path / name).write_text(text)
    with pytest.raises(BleedkitError, match=name):
        read_mapping(tmp_path / name)
