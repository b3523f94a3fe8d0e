"""Agreement of a cohort's annotators: everything measured, listed and decided in one go."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ...datasets.cohort import Cohort
from ...datasets.errors import BleedkitError
from ...datasets.mask_file import read_mask_png
from ...datasets.progress import track
from ...datasets.schema import MaskLabel
from ...pseudolabel.label_noise import label_sd
from .consensus_rows import ConsensusRows, consensus_run, mask_rows, onset_rows, point_rows
from .disagreements import Disagreement, onset_disagreements, point_disagreements, region_disagreements
from .onset_agreement import OnsetAgreement, onset_agreement
from .point_agreement import PointAgreement, point_agreement
from .region_agreement import ReadMask, RegionAgreement, region_agreement
from .rules import RULES
from .terms import Terms
from .votes import Label, Votes, mask_votes, onset_votes, point_votes, shown_name


@dataclass(frozen=True)
class Agreement:
    """points, regions, onsets: None where nobody labelled what another did. label_sd: of one person's point, per axis,
    pixels of a picture REFERENCE_WIDTH wide. disagreements: the worst first.
    """

    cohort: Cohort
    target: str
    terms: Terms
    points: PointAgreement | None
    regions: RegionAgreement | None
    onsets: OnsetAgreement | None
    label_sd: float
    disagreements: tuple[Disagreement, ...]


def measure_agreement(cohort: Cohort, terms: Terms, *, target: str = "") -> Agreement:
    """How far the annotators of a cohort agree, and where they do not; reads masks, and no picture.

    target: only this one (`source`, `region`, `onset`, ...), "" for all. Agreement is of everybody's own labels, before
    a reviewer spoke; disagreements are those that stand, so what a reviewer settled is none.
    Raises BleedkitError where no two people labelled the same thing.
    """
    points, masks, onsets = point_votes(cohort, target), mask_votes(cohort, target), onset_votes(cohort, target)
    if not any(len(vote.own) > 1 for votes in (points, masks, onsets) for vote in votes):
        names = sorted({shown_name(name) for votes in (points, masks, onsets) for vote in votes for name in vote.own})
        of = f" of {target}" if target else ""
        raise BleedkitError(
            f"{cohort.folder}: no two people labelled the same thing{of}; annotators: {', '.join(names) or 'nobody'}",
            "add a second annotator's labels to the cohort",
        )
    read = mask_reader(cohort)
    found = [
        *point_disagreements(points, terms, cohort.clips),
        *region_disagreements(_shown(masks, "comparing regions"), terms, read),
        *onset_disagreements(onsets, terms, cohort.clips),
    ]
    return Agreement(
        cohort,
        target,
        terms,
        point_agreement(points, cohort.clips),
        region_agreement(_shown(masks, "measuring regions"), cohort.clips, read),
        onset_agreement(onsets, cohort.clips),
        label_sd(_own(points), _widths(cohort)),
        tuple(sorted(found, key=lambda one: (-one.apart, one.clip_id, one.frame, one.target))),
    )


def consensus_of(cohort: Cohort, rule: str, terms: Terms, *, target: str = "") -> ConsensusRows:
    """What the rule of that name makes of every place that several people labelled; nothing is written.

    Raises BleedkitError where `two_teams` is asked for and it is not stated who is in which.
    """
    points, masks, onsets = point_votes(cohort, target), mask_votes(cohort, target), onset_votes(cohort, target)
    if rule == "two_teams":
        _check_teams({name for votes in (points, masks, onsets) for vote in votes for name in vote.own}, terms)
    chosen, rows = RULES[rule], ConsensusRows(consensus_run(rule, terms))
    if chosen.points is not None:
        widths = _widths(cohort)
        point_rows(rows, points, chosen, terms, sd=label_sd(_own(points), widths), widths=widths)
        onset_rows(rows, onsets, chosen, terms, {name: clip.fps for name, clip in cohort.clips.items()})
    if chosen.regions is not None:
        mask_rows(rows, _shown(masks, "regions' consensus"), chosen, terms, mask_reader(cohort))
    return rows


def mask_reader(cohort: Cohort) -> ReadMask:
    """Reads a label's mask (H, W) bool of its clip's size; raises BleedkitError where it is not one."""

    def read(label: MaskLabel) -> np.ndarray:
        path, size = cohort.mask_path(label), cohort.clip(label.clip_id).size
        mask = read_mask_png(path)
        if mask.shape != (size.height, size.width):
            got = f"{mask.shape[1]}x{mask.shape[0]}"
            raise BleedkitError(f"{path}: mask must be {size} like its clip, got {got}", "run 'bleedkit data validate'")
        return mask

    return read


def _check_teams(names: set[str], terms: Terms) -> None:
    if not terms.teams and len(names) != 2:
        said = ", ".join(sorted(shown_name(name) for name in names))
        raise BleedkitError(f"the rule two_teams needs two teams; annotators: {said}", "say --team A,B --team C,D")
    strangers = sorted(set().union(*terms.teams) - names)
    if strangers:
        raise BleedkitError(f"no annotator is called {', '.join(strangers)}", f"take from: {', '.join(sorted(names))}")


def _own(votes: Iterable[Votes[Label]]) -> list[Label]:
    return [label for vote in votes for label in vote.own.values()]


def _widths(cohort: Cohort) -> dict[str, int]:
    return {name: clip.size.width for name, clip in cohort.clips.items()}


def _shown(votes: list[Votes[MaskLabel]], what: str) -> Iterable[Votes[MaskLabel]]:
    return track(votes, what, len(votes))
