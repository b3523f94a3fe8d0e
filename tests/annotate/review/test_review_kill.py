"""Killed with no warning: whatever dies, every decision that was shown as saved is in the log, and work goes on.

`python -P tests/annotate/review/test_review_kill.py COHORT --kills 20 --seed 1` does it with a copy of any cohort.
"""

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from bleedkit.annotate.mongo import find_mongod
from bleedkit.annotate.mongo_keeper import free_port
from bleedkit.annotate.review.decision_log import DecisionLog
from bleedkit.annotate.review.pull_decisions import pull_decisions
from bleedkit.datasets.cohort import Cohort
from bleedkit.datasets.errors import BleedkitError

VICTIMS = ("browser", "server", "mongod", "command")


class Review:
    """`bleedkit annotate review` as a user starts it, on a database folder of its own."""

    def __init__(self, cohort: Path, data: Path):
        self.cohort, self.port = cohort, free_port()
        start = "from bleedkit.cli.main import main; main()"
        command = [sys.executable, "-P", "-c", start, "annotate", "review", str(cohort)]
        variables = {**os.environ, "XDG_DATA_HOME": str(data)}
        variables.pop("FIFTYONE_DATABASE_URI", None)
        self.process = subprocess.Popen(
            [*command, "--reviewer", "kim", "--name", "killed", "--remote", "--port", str(self.port)],
            env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        for line in self.process.stdout:
            if "http://" in line:
                self.url = line.split()[0]
                self.children = psutil.Process(self.process.pid).children(recursive=True)
                return
        raise AssertionError(self.process.stderr.read())

    def ask(self, operator, timeout=20, **params):
        """What the panel asks, without a browser."""
        body = {"operator_uri": f"@bleedkit/review/{operator}", "params": params}
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/operators/execute", json.dumps(body).encode(), method="POST"
        )
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            told = json.load(answer)
        if told["result"] is None:  # as the panel takes it: FiftyOne's server fails once its database is gone
            raise ConnectionError(told.get("error"))
        assert "error" not in told["result"], told
        return told["result"]

    def pid_of(self, name):
        """Process id of the App's server or of MongoDB."""
        wanted = {"server": "fiftyone.server.main", "mongod": "--dbpath"}[name]
        return next(child.pid for child in self.children if wanted in " ".join(child.cmdline()))

    def end(self):
        """Ctrl-C where it still runs, and wait; nothing of it is left then."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        self.process.communicate(timeout=90)
        _, left = psutil.wait_procs(self.children, timeout=60)
        assert left == []


@contextmanager
def browser(url):
    """Chromium pressing keys in a process of its own, which prints each decision that the panel shows as saved."""
    code = f"""
import shutil, sys, tempfile
from playwright.sync_api import sync_playwright
with tempfile.TemporaryDirectory() as profile, sync_playwright() as playwright:
    context = playwright.chromium.launch_persistent_context(
        profile, executable_path=shutil.which("chromium"), headless=True, args=["--no-sandbox", "--disable-gpu"]
    )
    page = context.new_page()
    page.goto({url!r}, timeout=60_000)
    page.wait_for_selector("[data-cy=review][data-busy=false]", timeout=60_000)
    print("open", flush=True)
    shown = ""
    for turn in range(10_000):
        page.keyboard.press("oh"[turn % 2])
        changed = page.wait_for_function(
            "shown => [document.querySelector('[data-cy=review]').dataset.decision].find(now => now && now !== shown)",
            arg=shown, polling=5,
        )
        shown = changed.json_value()
        print(shown, flush=True)  # before the next key: no more than one decision is ever on its way
        if turn % 2:
            page.keyboard.press("ArrowRight")
"""
    process = subprocess.Popen([sys.executable, "-P", "-c", code], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline() == "open\n"
        yield process
    finally:
        kill_tree(process.pid)
        process.wait()


def kill_tree(pid):
    """SIGKILL to a process and all it started."""
    family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)] if psutil.pid_exists(pid) else []
    for one in family:
        with suppress(psutil.NoSuchProcess):
            one.kill()
    psutil.wait_procs(family, timeout=30)


def decide_until(review: Review, seen: int, end: float):
    """Decisions as fast as the server takes them, until `end` or the server is gone; returns the numbers it said."""
    said = []
    try:
        clip_id = next(iter(Cohort(review.cohort).clips))
        while time.monotonic() < end + 30:
            more = [{"action": "comment", "text": str(seen)}, {"action": "onset"}][seen % 2]
            told = review.ask("decide", timeout=5, clip_id=clip_id, frame=seen % 4, seen=seen, **more)
            seen = told["seen"]
            said.append(seen)
    except (OSError, ValueError):
        pass  # a connection that was cut, or an answer cut short: that decision was in flight
    return said


def kill_while_deciding(review: Review, victim: str, delay: float):
    """Kill the victim `delay` seconds into the work; returns the numbers of the decisions shown as saved."""
    if victim == "browser":
        with browser(review.url) as window:
            time.sleep(delay + 1)
            kill_tree(window.pid)
            return [int(line) for line in window.stdout.read().split()]
    seen = review.ask("open", timeout=60)["seen"]
    pid = review.process.pid if victim == "command" else review.pid_of(victim)
    killer = f"import os, time; time.sleep({delay}); os.kill({pid}, 9)"
    with subprocess.Popen([sys.executable, "-c", killer]) as killing:
        said = decide_until(review, seen, time.monotonic() + delay)
        killing.wait()
    return said


def kill_and_check(cohort: Path, data: Path, victim: str, delay: float):
    """One kill; what was shown as saved is in the log, and at most one decision more. Returns how many were shown."""
    log = DecisionLog(cohort, "kim")
    before = [one.number for one in log.read().decisions]
    review = Review(cohort, data)
    said = kill_while_deciding(review, victim, delay)
    review.end()
    numbers = [one.number for one in log.read().decisions]
    assert numbers[: len(before)] == before
    new = numbers[len(before) :]
    assert set(said) <= set(new), (victim, delay)
    assert len(new) <= (max(said) - len(before) if said else 0) + 1, (victim, delay)
    return len(said)


def kill_many(cohort: Path, kills: int, seed: int):
    """Kill each victim in turn at random moments, then see that everything comes home; returns what was shown."""
    rng, shown = random.Random(seed), []
    with tempfile.TemporaryDirectory() as data:
        for at in range(kills):
            victim, delay = VICTIMS[at % len(VICTIMS)], rng.uniform(0.2, 4)
            shown.append(kill_and_check(cohort, Path(data), victim, delay))
            print(f"{victim} killed after {delay:.2f} s: {shown[-1]} decisions shown, all in the log", flush=True)
    taken = DecisionLog(cohort, "kim").read()
    result = pull_decisions(Cohort(cohort))
    assert result.lost == [] and len(result.broken) <= kills
    assert pull_decisions(Cohort(cohort)).rows == 0
    assert [one.number for one in taken.decisions] == list(range(1, len(taken.decisions) + 1))
    return shown


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_no_decision_shown_as_saved_is_lost_whatever_is_killed(cohort):
    try:
        find_mongod()
    except BleedkitError as error:
        pytest.skip(str(error))
    if shutil.which("chromium") is None:
        pytest.skip("there is no chromium: apt-get install chromium")
    shown = kill_many(cohort.folder, kills=len(VICTIMS), seed=0)
    assert sum(shown) > 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("cohort", type=Path)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(chosen.cohort, Path(folder) / "cohort")
        print(sum(kill_many(Path(folder) / "cohort", chosen.kills, chosen.seed)), "decisions shown, none lost")
