"""`bleedkit annotate` as a user types it, each command a process of its own, on the default database folder."""

import json
import signal
import subprocess
import sys
import uuid

import numpy as np
import pytest

from bleedkit.annotate.mongo import find_mongod
from bleedkit.datasets.cohort import Cohort, CohortMeta, write_tables
from bleedkit.datasets.errors import BleedkitError
from bleedkit.datasets.schema import Clip, Frame, ImageSize, PointLabel
from bleedkit.datasets.tables import table_of
from bleedkit.datasets.transaction import locked, transaction

SIZE = ImageSize(32, 24)


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A place of its own for the database, as a new user has it."""
    try:
        find_mongod()
    except BleedkitError as error:
        pytest.skip(str(error))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("FIFTYONE_DATABASE_URI", raising=False)
    return tmp_path / "home"


@pytest.fixture
def cohort(tmp_path):
    import cv2

    (tmp_path / "media").mkdir()
    for frame in range(3):
        cv2.imwrite(str(tmp_path / f"media/{frame}.png"), np.full((24, 32, 3), 99, np.uint8))
    tables = {
        "clips": table_of("clips", [Clip("a", "p", "p", 1, SIZE, 3)]),
        "frames": table_of("frames", [Frame("a", i, f"{i}.png", i, "") for i in range(3)]),
        "points": table_of("points", [PointLabel(clip_id="a", frame=0, x=4, y=5)]),
    }
    meta = CohortMeta("toy", "toy", "1", "none", "none", "1", "0", "../media")
    with locked(tmp_path / "cohort"), transaction(tmp_path / "cohort") as staging:
        write_tables(staging, meta, tables)
    return tmp_path / "cohort"


def bleedkit(*args):
    """Exit code, stdout and stderr of the command, run in this process."""
    from click.testing import CliRunner

    from bleedkit.cli.annotate import annotate

    result = CliRunner().invoke(annotate, [str(arg) for arg in args], catch_exceptions=False)
    return result.exit_code, result.stdout, result.stderr


def test_push_then_review_then_pull(home, cohort):
    from bleedkit.annotate.mongo import running_mongod
    from bleedkit.annotate.review.session import ReviewSession

    name = f"liver {uuid.uuid4().hex[:8]}"
    with running_mongod():  # the commands below join it, as those of two terminals would
        import fiftyone as fo

        status, out, _ = bleedkit("push", cohort, "--name", name, "--json")
        told = json.loads(out)
        assert (status, told["inserted"], told["updated"], told["unchanged"]) == (0, 3, 0, 0)
        sample = fo.load_dataset(name).first()
        sample.tags.append("accepted")
        sample.save()
        status, out, _ = bleedkit("pull", cohort, "--name", name, "--reviewer", "kim")
        assert status == 0
        assert "1 accepted, 0 corrected, 0 rejected, 0 added (1 points, 0 masks, 0 onsets)" in out
        assert Cohort(cohort).points("a")[0].annotator == "kim"
        assert "0 frames new, 0 updated, 3 unchanged" in bleedkit("push", cohort, "--name", name)[1]
        told = json.loads(bleedkit("pull", cohort, "--name", name, "--reviewer", "kim", "--json")[1])
        assert (told["accepted"], told["conflicts"], told["review_rows"]) == (0, [], 0)
        # A decision in the review panel's log is brought along.
        ReviewSession(Cohort(cohort), "lee", images_of=lambda _: None).move("a", 1, (7.0, 8.0))
        _, out, _ = bleedkit("pull", cohort, "--name", name, "--reviewer", "kim")
        assert "From the review panel: 1 label rows of lee" in out
        assert [(p.frame, p.x, p.annotator) for p in Cohort(cohort).points("a")] == [(0, 4, "kim"), (1, 7, "lee")]
        told = json.loads(bleedkit("pull", cohort, "--name", name, "--reviewer", "kim", "--json")[1])
        assert told["review_rows"] == 0
        with pytest.raises(BleedkitError, match="has no dataset 'nowhere'"):
            bleedkit("open", "--name", "nowhere")
        fo.delete_dataset(name)


@pytest.mark.slow
def test_push_and_open_as_a_user_types_them(home, cohort):
    """Each command a process of its own on the default database folder, until Ctrl-C; nothing is left running."""
    from urllib.request import urlopen

    command = [sys.executable, "-P", "-c", "from bleedkit.cli.main import main; main()", "annotate"]
    pushed = subprocess.run([*command, "push", cohort, "--name", "liver"], capture_output=True, text=True, check=True)
    assert "Look at it with: bleedkit annotate open --name liver" in pushed.stdout
    assert (home / "bleedkit/mongo/db").is_dir()
    child = subprocess.Popen(
        [*command, "open", "--name", "liver", "--remote"], stdout=subprocess.PIPE, text=True, start_new_session=True
    )  # fmt: skip
    url = child.stdout.readline().split()[0]
    with urlopen(url) as page:
        assert page.status == 200
    child.send_signal(signal.SIGTERM)
    assert child.wait(60) == 0
    with pytest.raises(OSError, match="refused"):
        urlopen(url)
    assert not (home / "bleedkit/mongo/server.json").exists()


def test_no_cohort_is_told_before_anything_is_started(home, tmp_path):
    with pytest.raises(BleedkitError, match="holds no cohort; make one with 'bleedkit data build'"):
        bleedkit("push", tmp_path, "--name", "x")
    assert not home.exists()


@pytest.mark.parametrize(
    ("args", "told"),
    [(("push", "c"), "--name"), (("pull", "c", "--name", "x"), "--reviewer"), (("open",), "--name")],
)
def test_what_is_missing_on_the_command_line_is_misuse(args, told):
    status, _, error = bleedkit(*args)
    assert status == 2
    assert f"Missing option '{told}'" in error
