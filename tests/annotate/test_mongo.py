"""The database: found, shared by processes, told of where it cannot start, and never left running."""

import json
import os
import signal
import socket
import subprocess
import sys
import time

import pytest

from bleedkit.annotate import mongo
from bleedkit.annotate.mongo import find_mongod, running_mongod
from bleedkit.annotate.mongo_keeper import LOG_FILE, SERVER_FILE, answers, free_port
from bleedkit.datasets.errors import BleedkitError

# A shell starts what it puts into the background deaf to Ctrl-C, and its children inherit that.
USER = """
import signal, sys
from pathlib import Path
from bleedkit.annotate.mongo import running_mongod
signal.signal(signal.SIGINT, signal.default_int_handler)
with running_mongod(Path(sys.argv[1])) as uri:
    print(uri, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def _no_database_yet(monkeypatch):
    """Hide the database of the other tests of this process."""
    monkeypatch.delenv(mongo.URI_VARIABLE, raising=False)
    monkeypatch.setattr(mongo, "_connected_uri", lambda: "")
    monkeypatch.setattr(mongo, "_disconnect", lambda: None)
    monkeypatch.setattr(mongo, "_tell_fiftyone", lambda _: None)
    try:
        find_mongod()
    except BleedkitError as error:
        pytest.skip(str(error))


def start_user(folder):
    env = {key: value for key, value in os.environ.items() if key != mongo.URI_VARIABLE}
    child = subprocess.Popen(
        [sys.executable, "-c", USER, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env
    )  # fmt: skip
    return child, int(child.stdout.readline().rpartition(":")[2])


def gone_within(port, seconds):
    end = time.monotonic() + seconds
    while answers(port) and time.monotonic() < end:
        time.sleep(0.02)
    return not answers(port)


def test_it_runs_while_used_and_keeps_its_data(tmp_path):
    import pymongo

    for round_ in range(2):
        with running_mongod(tmp_path) as uri:
            assert os.environ[mongo.URI_VARIABLE] == uri
            with pymongo.MongoClient(uri) as client:
                assert client.test.seen.count_documents({}) == round_
                client.test.seen.insert_one({"round": round_})
        assert mongo.URI_VARIABLE not in os.environ
        assert not answers(int(uri.rpartition(":")[2]))
    assert not (tmp_path / SERVER_FILE).exists()


def test_it_stops_when_the_work_fails(tmp_path):
    with pytest.raises(RuntimeError, match="mine"), running_mongod(tmp_path) as uri:
        raise RuntimeError("mine")
    assert not answers(int(uri.rpartition(":")[2]))


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_no_server_outlives_a_killed_user(tmp_path, how):
    child, port = start_user(tmp_path)
    assert answers(port)
    child.send_signal(how)
    child.wait()
    assert gone_within(port, 20)


def test_no_server_outlives_a_killed_keeper(tmp_path):
    if sys.platform != "linux":
        pytest.skip("only Linux tells a process of its parent's end")
    child, port = start_user(tmp_path)
    os.kill(json.loads((tmp_path / SERVER_FILE).read_text())["keeper"], signal.SIGKILL)
    assert gone_within(port, 20)
    child.communicate("")
    with running_mongod(tmp_path) as uri:  # what the crash left behind does not matter
        assert answers(int(uri.rpartition(":")[2]))


def test_two_processes_share_one_server_and_the_last_one_stops_it(tmp_path):
    one, port = start_user(tmp_path)
    two, same = start_user(tmp_path)
    assert same == port
    one.communicate("")
    assert answers(port)
    two.communicate("")
    assert not answers(port)  # closed before its last user ended


def test_the_users_own_database_is_used_as_it_is(tmp_path, monkeypatch):
    monkeypatch.setenv(mongo.URI_VARIABLE, "mongodb://db.hospital:27017")
    with running_mongod(tmp_path / "never made") as uri:
        assert uri == "mongodb://db.hospital:27017"
    assert os.environ[mongo.URI_VARIABLE] == uri
    assert not (tmp_path / "never made").exists()


def test_a_missing_mongod_is_told_with_the_way_to_get_it(monkeypatch):
    monkeypatch.setattr(mongo, "find_spec", lambda _: None)
    monkeypatch.setattr(mongo.shutil, "which", lambda _: None)
    with pytest.raises(BleedkitError, match=r"pip install 'bleedkit\[mongod\]'"):
        find_mongod()


def test_a_database_that_does_not_start_is_told_in_one_line(tmp_path):
    (tmp_path / "db").mkdir()
    (tmp_path / "db" / "WiredTiger").write_text("not a database\n")
    (tmp_path / "db" / "WiredTiger.turtle").write_text("broken\n")
    with pytest.raises(BleedkitError, match="mongod did not start on") as told, running_mongod(tmp_path):
        pass
    assert "\n" not in str(told.value)
    assert "no reason given" not in str(told.value)
    assert str(tmp_path / LOG_FILE) in str(told.value)


def test_it_listens_on_this_machine_only_and_others_cannot_read_its_files(tmp_path):
    with running_mongod(tmp_path) as uri:
        port = int(uri.rpartition(":")[2])
        outside = socket.gethostbyname(socket.gethostname())
        if not outside.startswith("127."):
            with socket.socket() as probe:
                probe.settimeout(1)
                assert probe.connect_ex((outside, port)) != 0
        assert tmp_path.stat().st_mode & 0o077 == 0


def test_a_free_port_is_free():
    assert not answers(free_port())
