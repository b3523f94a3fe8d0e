"""Bring the decisions of all logs into the cohort as label rows; doing it again brings nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

from ...datasets.cohort import Cohort
from ...datasets.progress import track
from ...datasets.schema import MaskLabel, OnsetLabel, PointLabel
from .clip_review import ClipReview
from .decision import Decision
from .decision_log import BrokenLine, logs_of
from .decision_rows import Row, runs_of


@dataclass(frozen=True)
class Pulled:
    """decisions: in the logs; rows: new label rows of the cohort. broken: lines that are no decision; lost: decisions
    that name labels which the cohort does not have, so that nothing can be made of them.
    """

    reviewers: Sequence[str]
    decisions: int
    rows: int
    broken: Sequence[BrokenLine]
    lost: Sequence[str]


def pull_decisions(cohort: Cohort) -> Pulled:
    """Append the rows of every reviewer's decisions that are not in the cohort yet.

    Two reviewers of one label leave two current rows, as both replace the same one; consensus is for later. Nothing a
    person said is ever overwritten.
    """
    broken: list[BrokenLine] = []
    lost: list[str] = []
    rows = decisions = 0
    logs = logs_of(cohort.folder)
    for log in logs:
        content = log.read()
        broken.extend(content.broken)
        decisions += len(content.decisions)
        by_clip: dict[str, list[Decision]] = {}
        for decision in content.decisions:
            by_clip.setdefault(decision.clip_id, []).append(decision)
        for clip_id, taken in track(by_clip.items(), f"Reading {log.reviewer}", len(by_clip)):
            rows += _pull_clip(cohort, clip_id, taken, lost)
    return Pulled([log.reviewer for log in logs], decisions, rows, broken, lost)


def _pull_clip(cohort: Cohort, clip_id: str, decisions: Sequence[Decision], lost: list[str]) -> int:
    if clip_id not in cohort.clips:
        lost.extend(f"{one.reviewer}'s decision {one.number}: the cohort has no clip {clip_id!r}" for one in decisions)
        return 0
    review = ClipReview.of(cohort, clip_id, ())
    rows: list[Row] = []
    used: list[Decision] = []
    for decision in decisions:
        try:
            rows.extend(change.row for change in review.take(decision))
            used.append(decision)
        except KeyError as error:
            lost.append(f"{decision.reviewer}'s decision {decision.number}: the cohort has no label {error}")
    added = cohort.append(
        points=[row for row in rows if isinstance(row, PointLabel)],
        masks=[row for row in rows if isinstance(row, MaskLabel)],
        onsets=[row for row in rows if isinstance(row, OnsetLabel)],
        provenance=[run for decision in used for run in runs_of(decision)],
    )
    return sum(added[name] for name in ("points", "masks", "onsets"))
