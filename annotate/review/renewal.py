"""FiftyOne's samples after decisions: brought up to date behind the reviewer's back, clip by clip.

What the samples show is a function of the cohort and all reviewers' logs alone, so that two reviewers' servers write
the same. Nothing hangs on it: where it fails, or is killed, the next start of the review pushes what is missing.
"""

import queue
import threading
from typing import Any

from ...datasets.cohort import ClipView, Cohort
from ..fiftyone_dataset import load_dataset
from ..push import Splits, clip_context, load_splits, push_clip
from .clip_review import ClipReview
from .decision_log import logs_of
from .decision_rows import Row


def shared_view(cohort: Cohort, clip_id: str) -> ClipView:
    """The clip with every reviewer's decisions, pulled or not, as the cohort has it after the next pull."""
    whole = ClipReview.of(cohort, clip_id, ())
    rows: dict[str, Row] = dict(whole.rows)
    for log in logs_of(cohort.folder):
        decisions = [one for one in log.read().decisions if one.clip_id == clip_id]
        if decisions:
            rows.update(ClipReview.of(cohort, clip_id, decisions).rows)
    whole.rows = rows
    return whole.view()


class Renewal:
    """One thread that renews the samples of the clips it is told of in the FiftyOne dataset `name`."""

    def __init__(self, cohort: Cohort, name: str) -> None:
        self.cohort, self.name = cohort, name
        self.failure = ""  # why the samples are behind the log; "" where they are not
        self._wanted: queue.Queue[str] = queue.Queue()
        self._splits: Splits | None = None
        threading.Thread(target=self._work, daemon=True, name="renewal").start()

    def wants(self, clip_id: str) -> None:
        """Renew the clip soon."""
        self._wanted.put(clip_id)

    def wait(self) -> None:
        """Return when all that was wanted is done, or has failed."""
        self._wanted.join()

    def renew(self, clip_id: str) -> None:
        """Renew one clip now."""
        self._splits = self._splits or load_splits(self.cohort)
        view = shared_view(self.cohort, clip_id)
        push_clip(self._dataset(), view, clip_context(self.cohort, view, self._splits))

    def _dataset(self) -> Any:
        return load_dataset(self.name)

    def _work(self) -> None:
        while True:
            wanted = {self._wanted.get()}
            taken = 1
            while not self._wanted.empty():  # several decisions on a clip need one renewal
                wanted.add(self._wanted.get())
                taken += 1
            for clip_id in sorted(wanted):
                try:
                    self.renew(clip_id)
                    self.failure = ""
                except Exception as error:
                    self.failure = f"{type(error).__name__}: {error}"
            for _ in range(taken):
                self._wanted.task_done()
