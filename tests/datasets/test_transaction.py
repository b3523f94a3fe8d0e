"""Several files replaced as one, one writer at a time."""

import threading

import pytest

from bleedkit.datasets.errors import BleedkitError
from bleedkit.datasets.transaction import COMMIT, current, locked, transaction, write_atomic


def test_all_files_appear_together_and_old_ones_stay(tmp_path):
    (tmp_path / "kept.txt").write_text("kept")
    with locked(tmp_path), transaction(tmp_path) as staging:
        (staging / "deep").mkdir()
        (staging / "deep" / "b.txt").write_text("b")
        (staging / "a.txt").write_text("a")
        assert not (tmp_path / "a.txt").exists()
    assert {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*.txt")} == {"kept.txt", "a.txt", "deep/b.txt"}
    assert not list(tmp_path.glob(".staging-*"))


def test_an_exception_changes_nothing(tmp_path):
    with pytest.raises(RuntimeError), locked(tmp_path), transaction(tmp_path) as staging:
        (staging / "a.txt").write_text("a")
        raise RuntimeError
    assert [p.name for p in tmp_path.iterdir()] == [".lock"]


def test_a_pending_commit_is_read_at_once_and_finished_by_the_next_writer(tmp_path):
    (tmp_path / "a.txt").write_text("old")
    (tmp_path / COMMIT).mkdir()
    (tmp_path / COMMIT / "a.txt").write_text("new")
    (tmp_path / ".staging-dead").mkdir()
    assert current(tmp_path, "a.txt").read_text() == "new"
    with locked(tmp_path):
        assert (tmp_path / "a.txt").read_text() == "new"
    assert {p.name for p in tmp_path.iterdir()} == {"a.txt", ".lock"}


def test_writers_wait_for_each_other(tmp_path):
    order = []

    def write(name):
        with locked(tmp_path):
            order.append(name)
            inside.wait(0.05)
            order.append(name)

    inside = threading.Event()
    threads = [threading.Thread(target=write, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert order[0::2] == order[1::2]


def test_one_file_is_written_whole_or_not_at_all(tmp_path):
    write_atomic(tmp_path / "x" / "a.json", b"1")
    assert (tmp_path / "x" / "a.json").read_bytes() == b"1"
    (tmp_path / "folder.json").mkdir()
    with pytest.raises(BleedkitError, match="cannot be written"):
        write_atomic(tmp_path / "folder.json", b"1")
    assert {p.name for p in tmp_path.rglob("*")} == {"x", "a.json", "folder.json"}
