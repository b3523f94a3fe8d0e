"""Paths from annotations stay inside the dataset root, whatever they say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bleedkit.datasets.errors import BleedkitError
from bleedkit.datasets.safe_path import check_inside, inside


@pytest.mark.parametrize("name", ["a.png", "clip/a.png", "clip\\a.png", "./a.png", "Ü ñ/片.png"])
def test_plain_names_resolve_below_the_root(tmp_path, name):
    assert inside(tmp_path, name).is_relative_to(tmp_path)


@pytest.mark.parametrize(
    "name", ["", "/etc/passwd", "../a.png", "clip/../../a.png", "..\\a.png", "C:\\a.png", "\\\\host\\a.png", "a\0.png"]
)
def test_names_that_climb_out_are_refused(tmp_path, name):
    with pytest.raises(BleedkitError):
        inside(tmp_path, name)


def test_a_link_out_is_refused_and_one_within_is_followed(tmp_path):
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "secret.txt").write_text("x")
    (root / "a.txt").write_text("x")
    (root / "good").symlink_to(root / "a.txt")
    (root / "bad").symlink_to(tmp_path / "secret.txt")
    (root / "up").symlink_to(tmp_path)
    assert inside(root, "good") == root / "good"
    for name in ("bad", "up/secret.txt"):
        with pytest.raises(BleedkitError, match="link out of"):
            inside(root, name)


def test_cyclic_and_broken_links_are_refused(tmp_path):
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    (tmp_path / "gone").symlink_to(tmp_path / "nowhere")
    for name in ("a", "gone"):
        with pytest.raises(BleedkitError, match=r"link|resolve"):
            check_inside(tmp_path, tmp_path / name)


@given(st.text(max_size=30))
def test_no_text_at_all_leaves_the_root(tmp_path_factory, name):
    root = tmp_path_factory.getbasetemp()
    try:
        path = inside(root, name)
    except BleedkitError:
        return
    assert path.resolve().is_relative_to(root.resolve())
