"""The review as a whole: the dataset pushed, an App server of the reviewer's own, and decisions brought home."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from ...datasets.cohort import Cohort
from ...datasets.errors import BleedkitError
from ..fiftyone_app import ADDRESS, app_server, app_url
from ..fiftyone_dataset import load_dataset
from ..mongo_keeper import answers
from ..push import PushResult, push_cohort
from .place import ReviewPlace, lock_reviewer
from .pull_decisions import Pulled, pull_decisions

if TYPE_CHECKING:
    import subprocess

READ_TIMEOUT_S: Final = 600.0
PLUGINS: Final = Path(__file__).parents[1] / "plugin"


@dataclass(frozen=True)
class RunningReview:
    """url: of the App with the Review panel open. server: its process. mongo: port of a database on this machine."""

    url: str
    server: "subprocess.Popen[bytes]"
    mongo: int | None

    def wait(self) -> str:
        """Return when the server or the database has ended, with what it was."""
        while self.server.poll() is None:
            if self.mongo is not None and not answers(self.mongo):
                return "MongoDB"
            time.sleep(0.5)
        return "the App"


def prepare(place: ReviewPlace) -> tuple[Pulled, PushResult]:
    """Bring home what earlier reviews left in the logs, and push the cohort; call within `running_mongod`.

    Raises BleedkitError where the reviewer is at work already, or the cohort cannot be pushed.
    """
    lock_reviewer(place.cohort, place.reviewer).close()
    cohort = Cohort(place.cohort, place.media_root)
    pulled = pull_decisions(cohort)
    pushed = push_cohort(Cohort(place.cohort, place.media_root), place.name)
    return pulled, pushed


@contextmanager
def running_review(place: ReviewPlace, mongo: str, *, port: int | None = None) -> Iterator[RunningReview]:
    """Serve the App to one reviewer; call within `running_mongod`, after `prepare`. mongo: URI of the database.

    Raises BleedkitError where the App does not start.
    """
    plugins = {"FIFTYONE_PLUGINS_DIR": str(PLUGINS), "FIFTYONE_PLUGINS_CACHE_ENABLED": "true"}
    load_dataset(place.name)
    with app_server(port, {**place.to_environment(), **plugins}) as (at, server):
        _read_ahead(at)
        database = urlsplit(mongo)
        watched = database.port if database.hostname == ADDRESS else None  # any other is not ours to look after
        try:
            yield RunningReview(app_url(place.name, at), server, watched)
        finally:
            server.kill()  # all that matters is on the disk; asked nicely, it waits for browsers to leave


def _read_ahead(port: int) -> None:
    """Let the server look through the cohort before anybody waits for it. Raises BleedkitError where it cannot."""
    body = json.dumps({"operator_uri": "@bleedkit/review/open", "params": {}}).encode()
    request = Request(f"http://{ADDRESS}:{port}/operators/execute", body, method="POST")
    try:
        with urlopen(request, timeout=READ_TIMEOUT_S) as answer:  # noqa: S310 - our own server
            told = json.load(answer)["result"]
    except (OSError, ValueError, KeyError) as error:
        raise BleedkitError(f"the review server failed at its first request ({error})", "start it again") from error
    if "error" in told:
        raise BleedkitError(told["error"]["what"], told["error"]["remedy"])
