import os

import pytest

from bleedkit.benchmarks.leaderboard import write_site as module
from bleedkit.benchmarks.leaderboard.write_site import write_site
from bleedkit.datasets.errors import BleedkitError

FILES = {"index.html": b"one", "runs/a.html": b"a"}


def tree(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_site_is_written_and_replaced_as_a_whole(tmp_path):
    out = tmp_path / "deep" / "site"
    write_site(FILES, out)
    assert {name: data for name, data in tree(out).items() if not name.startswith(".")} == FILES
    write_site({"index.html": b"two"}, out)
    assert {name: data for name, data in tree(out).items() if not name.startswith(".")} == {"index.html": b"two"}
    assert [path.name for path in out.parent.iterdir()] == ["site"]  # nothing left beside it


def test_an_empty_folder_may_be_used(tmp_path):
    (tmp_path / "site").mkdir()
    write_site(FILES, tmp_path / "site")
    assert (tmp_path / "site" / "index.html").read_bytes() == b"one"


def test_a_folder_of_other_things_is_never_replaced(tmp_path):
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(BleedkitError, match="other things"):
        write_site(FILES, tmp_path)
    assert tree(tmp_path) == {"thesis.tex": b"years of work"}


def test_neither_a_file_nor_a_link_is_a_folder(tmp_path):
    (tmp_path / "file").write_text("")
    (tmp_path / "link").symlink_to(tmp_path)
    for name in ("file", "link"):
        with pytest.raises(BleedkitError, match="not a folder"):
            write_site(FILES, tmp_path / name)


def test_the_old_site_stays_where_the_new_one_cannot_be_moved_in(tmp_path, monkeypatch):
    out = tmp_path / "site"
    write_site(FILES, out)
    before, real = tree(out), os.replace

    def fail(source, target):
        if ".new-" in str(source):
            raise OSError("no")
        real(source, target)

    monkeypatch.setattr(module.os, "replace", fail)
    with pytest.raises(OSError, match="no"):
        write_site({"index.html": b"two"}, out)
    assert tree(out) == before
    assert [path.name for path in tmp_path.iterdir()] == ["site"]
