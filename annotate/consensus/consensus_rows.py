"""Consensus as label rows: derived from people's labels, so state `pseudo`, beside them and never in their place."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from ...datasets.cohort import Cohort
from ...datasets.mask_store import MaskFile
from ...datasets.schema import LabelState, MaskLabel, OnsetLabel, PointLabel, Provenance, Review
from ...pseudolabel.label_noise import label_doubt, label_variance
from .region_agreement import ReadMask
from .region_rules import Drawn
from .rules import NEVER, Rule
from .terms import Terms
from .votes import Label, Votes

KIND: Final = "consensus"
Place = tuple[str, int, str]


@dataclass
class ConsensusRows:
    """What a rule makes of every place that several people labelled by themselves.

    undecided: places where the rule leaves it to a person. files: mask files by path below the cohort.
    """

    provenance: Provenance
    points: list[PointLabel] = field(default_factory=list)
    masks: list[MaskLabel] = field(default_factory=list)
    onsets: list[OnsetLabel] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    undecided: list[tuple[str, Place]] = field(default_factory=list)


def consensus_run(rule: str, terms: Terms) -> Provenance:
    """The provenance of a consensus: the rule and all that it hangs on."""
    teams = [sorted(team) for team in terms.teams]
    limits = {"within_px": terms.within_px, "within_s": terms.within_s, "dice": terms.dice, "teams": teams}
    return Provenance.of(KIND, {"rule": rule, **limits})


def point_rows(
    rows: ConsensusRows,
    votes: Iterable[Votes[PointLabel]],
    rule: Rule,
    terms: Terms,
    *,
    sd: float,
    widths: Mapping[str, int],
) -> None:
    """Add the rule's points. sd: of one person's label, as `label_sd` gives it; widths: of each clip's picture."""
    for vote in _several(votes):
        width = widths[vote.clip_id]
        said = rule.point(vote.current, terms, width)
        if said is None:
            rows.undecided.append(("point", (vote.clip_id, vote.frame, vote.target)))
            continue
        x, y = said.xy if said.xy is not None else (math.nan, math.nan)
        variance = label_variance(sd, width, [said.votes]) * label_doubt(said, sd, width)
        spread = (variance, variance, 0.0) if said.xy is not None else (math.nan, math.nan, math.nan)
        rows.points.append(
            PointLabel(
                clip_id=vote.clip_id,
                frame=vote.frame,
                target=vote.target,
                x=x,
                y=y,
                visible=said.xy is not None,
                var_x=spread[0],
                var_y=spread[1],
                cov_xy=spread[2],
                state=LabelState.PSEUDO,
                provenance=rows.provenance.id,
            )
        )


def mask_rows(rows: ConsensusRows, votes: Iterable[Votes[MaskLabel]], rule: Rule, terms: Terms, read: ReadMask) -> None:
    """Add the rule's regions and their files."""
    for vote in _several(votes):
        drawn = [Drawn(label, read(label)) for label in vote.current if label.review is not Review.REJECTED]
        region = rule.region(drawn, terms)
        if region is None:
            rows.undecided.append(("region", (vote.clip_id, vote.frame, vote.target)))
            continue
        file = MaskFile.of(region)
        rows.files[file.path] = file.data
        rows.masks.append(
            MaskLabel(
                clip_id=vote.clip_id,
                frame=vote.frame,
                target=vote.target,
                path=file.path,
                digest=file.digest,
                area=file.area,
                state=LabelState.PSEUDO,
                provenance=rows.provenance.id,
            )
        )


def onset_rows(
    rows: ConsensusRows, votes: Iterable[Votes[OnsetLabel]], rule: Rule, terms: Terms, fps: Mapping[str, float]
) -> None:
    """Add the rule's onsets."""
    for vote in _several(votes):
        frame = rule.onset(vote.current, terms, fps[vote.clip_id])
        if frame is None:
            rows.undecided.append(("onset", (vote.clip_id, vote.frame, vote.target)))
            continue
        rows.onsets.append(
            OnsetLabel(
                clip_id=vote.clip_id,
                frame=frame,
                target=vote.target,
                state=LabelState.PSEUDO,
                provenance=rows.provenance.id,
            )
        )


def write_consensus(cohort: Cohort, rows: ConsensusRows) -> dict[str, int]:
    """Append the rows as one change; returns how many of each table are new.

    A row replaces the earlier consensus of its place; one that no longer holds is rejected by this run. What people
    labelled or reviewed is not touched, so writing again adds nothing.
    """
    with cohort.change() as change:
        runs = {key for key, run in change.cohort.provenance().items() if run.kind == KIND}
        new = {
            "points": list(_renewed(change.cohort.points(), rows.points, runs, rows.provenance.id)),
            "masks": list(_renewed(change.cohort.masks(), rows.masks, runs, rows.provenance.id)),
            "onsets": list(_renewed(change.cohort.onsets(), rows.onsets, runs, rows.provenance.id)),
        }
        return change.append(**new, provenance=[rows.provenance], files=rows.files)  # type: ignore[arg-type]


def _renewed(current: Iterable[Label], said: Iterable[Label], runs: set[str], run: str) -> Iterator[Label]:
    """The rows to append: what is said anew, each in place of the earlier consensus there, and what was given up."""
    earlier = {_place(row): row for row in current if row.provenance in runs}
    for row in said:
        old = earlier.pop(_place(row), None)
        if old is None:
            yield row
        elif replace(old, supersedes="").label_id != row.label_id:
            yield replace(row, supersedes=old.label_id)
    for old in earlier.values():
        if old.review is not Review.REJECTED:
            yield replace(old, review=Review.REJECTED, provenance=run, supersedes=old.label_id)


def _place(row: PointLabel | MaskLabel | OnsetLabel) -> Place:
    return row.clip_id, NEVER if isinstance(row, OnsetLabel) else row.frame, row.target


def _several(votes: Iterable[Votes[Label]]) -> Iterator[Votes[Label]]:
    """What one person labelled needs no consensus: the label is there."""
    yield from (vote for vote in votes if len(vote.own) > 1)
