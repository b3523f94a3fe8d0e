"""What a run has to do: every segment of the cohort, and those that check the engine, by id."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..datasets.cohort import Cohort
from ..datasets.errors import BleedkitError
from .label_noise import label_sd
from .presets import PseudoLabelConfig
from .segments import Segment, checks_of, segments_of


@dataclass(frozen=True)
class Plan:
    """work: the segments to label; checks: those that hide a label. By id, in the order of clips."""

    work: Mapping[str, Segment]
    checks: Mapping[str, Segment]

    @property
    def units(self) -> dict[str, Segment]:
        """All of them."""
        return {**self.work, **self.checks}


def plan_run(cohort: Cohort, config: PseudoLabelConfig, settings: Mapping[str, Any]) -> Plan:
    """The units of a cohort under these settings. Raises BleedkitError where it has no point labels to go on from."""
    sd = label_sd(cohort.points(), {name: clip.size.width for name, clip in cohort.clips.items()})
    segments: list[Segment] = []
    images: dict[str, object] = {}
    for view in cohort.stream():
        there = {row.frame: row.digest for row in view.frames if row.has_image}
        images[view.clip.clip_id] = view.clip.media_digest or there
        segments += segments_of(
            view.clip,
            there,
            view.points,
            horizon_before=config.horizon_before,
            horizon_after=config.horizon_after,
            chains=config.chains,
            sd=sd,
        )
    if not segments:
        raise BleedkitError(f"{cohort.folder} has no human point labels to go on from", "add labels, then build again")

    def by_id(group: list[Segment]) -> dict[str, Segment]:
        return {segment.id(images[segment.clip_id], settings): segment for segment in group}

    return Plan(by_id(segments), by_id(checks_of(segments)))
