"""Listing a source's folders: natural order, junk, links."""

from hypothesis import given
from hypothesis import strategies as st

from bleedkit.datasets.problems import Problems
from bleedkit.datasets.source import ReadOptions
from bleedkit.datasets.source_folder import SourceFolder, natural_key


def folder_of(root) -> SourceFolder:
    return SourceFolder(root, ReadOptions(), Problems())


def test_order_is_natural():
    assert sorted(["f10", "f2", "F1", "f1a", "f1", "1", ""], key=natural_key) == [
        "",
        "1",
        "F1",
        "f1",
        "f1a",
        "f2",
        "f10",
    ]


@given(st.lists(st.text(max_size=8), max_size=6))
def test_any_names_have_an_order(names):
    keys = [natural_key(name) for name in sorted(names, key=natural_key)]
    assert keys == sorted(map(natural_key, reversed(names)))


@given(st.lists(st.integers(0, 10**8), unique=True))
def test_numbers_are_ordered_as_numbers(numbers):
    assert sorted((f"frame{n}" for n in numbers), key=natural_key) == [f"frame{n}" for n in sorted(numbers)]


def test_a_walk_ends_whatever_the_links(tmp_path):
    root = tmp_path / "root"
    (root / "a/b").mkdir(parents=True)
    (root / "a/b/1.jpg").write_bytes(b"x")
    (root / "a/b/up").symlink_to(root)
    (root / "a/b/self").symlink_to("self")
    (root / "a/b/out").symlink_to(tmp_path)
    (root / "a/b/twice.jpg").symlink_to("1.jpg")
    source = folder_of(root)
    assert [source.name(path) for path in source.walk()] == ["a/b/1.jpg", "a/b/twice.jpg"]
    assert sorted((p.code, p.file) for p in source.problems) == [
        ("link", "a/b/out"),
        ("link", "a/b/self"),
        ("link", "a/b/up"),
    ]


def test_a_folder_that_is_a_file_is_a_finding(tmp_path):
    (tmp_path / "a").write_bytes(b"")
    source = folder_of(tmp_path)
    assert source.listing(tmp_path / "a") == []
    assert [p.code for p in source.problems] == ["unreadable"]
