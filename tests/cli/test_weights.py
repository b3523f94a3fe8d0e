import json

import pytest
from click.testing import CliRunner

from bleedkit.cli.main import cli
from bleedkit.models.weights_table import WEIGHTS, Weights


@pytest.fixture
def hub(tmp_path, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    return tmp_path / "torch" / "hub" / "checkpoints"


@pytest.fixture
def toys(tmp_path, monkeypatch):
    """A table of its own: `one` and `two` can be had, `gone` cannot any more, `asked` only by hand."""
    for name in list(WEIGHTS):
        monkeypatch.delitem(WEIGHTS, name)
    for name in ("one", "two", "gone"):
        source = tmp_path / f"{name}.pt"
        if name != "gone":
            source.write_bytes(name.encode() * 500_000)
        monkeypatch.setitem(
            WEIGHTS, name, Weights(name, source.as_uri(), source.name, "MIT", purpose=f"what {name} does")
        )
    monkeypatch.setitem(WEIGHTS, "asked", Weights("asked", "", "asked.pt", "MIT", by_hand="ask at https://a.example"))


def run(*args):
    return CliRunner().invoke(cli, ["weights", *args])


def test_the_list_names_every_checkpoint_and_whether_it_is_here(hub):
    hub.mkdir(parents=True)
    (hub / "xfeat.pt").write_bytes(b"x" * 2_600_000)
    done = run("list")
    assert done.exit_code == 0
    lines = {line.split()[1]: line for line in done.output.splitlines() if line.startswith(("here", "missing"))}
    assert set(lines) == set(WEIGHTS)
    assert lines["xfeat"].split()[:4] == ["here", "xfeat", "3", "Apache-2.0"]
    assert lines["bootstapir"].split()[:4] == ["missing", "bootstapir", "219", "Apache-2.0"]
    assert lines["track_on"].split()[2] == "?"
    assert lines["pwcnet"].split()[3] == "CC-BY-NC-SA-4.0"
    assert lines["bloodet"].endswith("(no public address)")
    assert str(hub) in done.output


def test_the_list_as_json(hub):
    hub.mkdir(parents=True)
    (hub / "xfeat.pt").write_bytes(b"x" * 7)
    rows = {row["name"]: row for row in json.loads(run("list", "--json").stdout)}
    assert set(rows) == set(WEIGHTS)
    assert (rows["xfeat"]["here"], rows["xfeat"]["bytes"]) == (True, 7)
    assert (rows["raft"]["here"], rows["raft"]["bytes"], rows["raft"]["megabytes"]) == (False, None, 21)
    assert rows["raft"]["path"] == str(hub / WEIGHTS["raft"].file)
    assert rows["pwcnet"]["address"] == WEIGHTS["pwcnet"].address


def test_what_is_named_comes_and_what_is_here_is_checked(hub, toys):
    done = run("fetch", "one", "two", "one")
    assert done.exit_code == 0
    assert done.output.splitlines() == [f"here      {name} (MIT): {hub / name}.pt" for name in ("one", "two")]
    assert (hub / "one.pt").read_bytes() == b"one" * 500_000
    (hub / "one.pt").write_bytes(b"other")
    again = run("fetch", "one", "two")
    assert again.exit_code == 1
    assert "is not the file of the weights one" in again.stderr
    assert f"here      two (MIT): {hub / 'two.pt'}" in again.stdout


def test_all_brings_what_can_be_brought_and_says_what_cannot(hub, toys):
    done = run("fetch", "--all")
    assert done.exit_code == 1  # `gone` did not come
    assert sorted(path.name for path in hub.glob("*.pt")) == ["one.pt", "two.pt"]
    assert "left out  asked: ask at https://a.example" in done.stdout
    assert f"save that file as {hub / 'gone.pt'}" in done.stderr
    assert "Traceback" not in done.output


def test_one_that_nobody_can_download_is_an_error_where_it_is_named(hub, toys):
    done = run("fetch", "asked")
    assert done.exit_code == 1
    assert "ask at https://a.example" in done.stderr
    assert str(hub / "asked.pt") in done.stderr


@pytest.mark.parametrize("args", [[], ["xfeat", "--all"], ["no-such"]])
def test_misuse_is_told(args):
    done = run("fetch", *args)
    assert done.exit_code == 2
    assert "Usage" in done.stderr
