"""Whose word is truth: people's labels as they stand, or the consensus that a rule made of several people's.

A consensus is what `bleedkit annotate agree --write` left in the cohort. It is taken in before anything else looks at a
clip's labels: where several people labelled, the consensus row stands in their place, as their common word, so that all
that asks for people's labels gets it. Where one person labelled, that label stays. Where the rule decided nothing there
is no label at all, neither theirs nor a pseudo-label. A label that a reviewer alone accepted or corrected stands alone,
as in every rule, also where it came after the consensus was written.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from ...annotate.consensus.consensus_rows import KIND
from ...datasets.cohort import ClipView, Cohort, most_trusted
from ...datasets.errors import BleedkitError
from ...datasets.schema import LabelState, MaskLabel, OnsetLabel, PointLabel, Provenance, Review
from .clip_truth import NEVER, REGION, SOURCE, is_region

PEOPLE: Final = "people"
CONSENSUS: Final = "consensus"
Label = TypeVar("Label", PointLabel, MaskLabel, OnsetLabel)
Place = tuple[int, str]  # frame, NEVER for what is said of a whole clip, and target
_REVIEWED: Final = (Review.ACCEPTED, Review.CORRECTED)
_TABLES: Final[Mapping[str, str]] = {"points": "points", "masks": "regions", "onsets": "onsets"}


@dataclass(frozen=True, eq=False)
class Truth:
    """People's labels, unless a consensus is named. run: id of its provenance; settings: the rule and its limits.

    rows: label_ids of all rows that the rule ever wrote. several: places that several people labelled by themselves, by
    table and clip.
    """

    run: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    rows: frozenset[str] = frozenset()
    several: Mapping[tuple[str, str], frozenset[Place]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Of a run's key, as `truth_name` says it."""
        return truth_name(self.settings)

    @cached_property
    def told(self) -> dict[str, Any]:
        """What a record says of it beside its data; nothing of people's labels, as records always did."""
        if not self.run:
            return {}
        return {"truth": {"kind": CONSENSUS, "provenance": self.run, "settings": dict(self.settings)}}

    def view(self, view: ClipView) -> ClipView:
        """The clip with the labels that count, and no others where several people labelled."""
        if not self.run:
            return view
        return replace(
            view,
            points=self._chosen("points", view.clip.clip_id, view.points),
            masks=self._chosen("masks", view.clip.clip_id, view.masks),
            onsets=self._chosen("onsets", view.clip.clip_id, view.onsets),
        )

    def count(self, view: ClipView) -> Counter[str]:
        """Of sources, bleeding regions and the onset: how many several people gave, by table; how many of these have no
        truth, under `no points` and so on; and how many were labelled once more after the consensus, under `late`.
        """
        found: Counter[str] = Counter()
        chosen = self.view(view)
        for table in _TABLES if self.run else ():
            places = self.several.get((table, view.clip.clip_id), frozenset())
            asked = {_thing(table, place) for place in places if _scored(table, place)}
            left = {_thing(table, _place(label)) for label in getattr(chosen, table)}
            found.update({table: len(asked), f"no {table}": len(asked - left)})
            if table != "onsets":  # which a cohort keeps in order of their frames, whenever they came
                found["late"] += sum(map(self._came_later, _by_place(getattr(view, table)).values()))
        return found

    def _chosen(self, table: str, clip_id: str, labels: Sequence[Label]) -> list[Label]:
        """A frame's regions are one thing: where one of them is undecided, nothing is known of the others' union."""
        several = self.several.get((table, clip_id), frozenset())
        kept: list[Label] = []
        undecided = set()
        for place, said in _by_place(labels).items():
            stands = self._standing(said) if place in several else said
            kept.extend(stands)
            if not stands:
                undecided.add(_thing(table, place))
        return [label for label in kept if _thing(table, _place(label)) not in undecided]

    def _standing(self, said: Sequence[Label]) -> list[Label]:
        """What several people's labels of one place come to: one label, or none."""
        human = [label for label in said if label.state is LabelState.HUMAN]
        reviewed = [label for label in human if label.review in _REVIEWED]
        if len(reviewed) == 1:
            return reviewed
        best = most_trusted(label for label in said if self._is_consensus(label))
        return [] if best is None else [replace(best, state=LabelState.HUMAN)]

    def _is_consensus(self, label: Label) -> bool:
        """A row of the rule, also one that a reviewer accepted."""
        if label.state is not LabelState.PSEUDO or label.review is Review.REJECTED:
            return False
        return label.provenance == self.run or (label.review in _REVIEWED and label.supersedes in self.rows)

    def _came_later(self, said: Sequence[Label]) -> bool:
        """Whether a person's label stands behind the place's consensus, in order of arrival, and none was reviewed."""
        if any(label.review is not Review.UNREVIEWED for label in said):
            return False
        made = [number for number, label in enumerate(said) if self._is_consensus(label)]
        return bool(made) and any(label.state is LabelState.HUMAN for label in said[made[-1] :])


PEOPLES_WORD: Final = Truth()


def truth_of(cohort: Cohort, whose: str) -> Truth:
    """The truth `people` or `consensus` of a cohort.

    Raises BleedkitError where a consensus is wanted and none is written, or rows of several rules stand side by side.
    """
    if whose == PEOPLE:
        return PEOPLES_WORD
    if whose != CONSENSUS:
        raise ValueError(f"truth is {PEOPLE} or {CONSENSUS}, got {whose!r}")
    again = f"write it: bleedkit annotate agree {cohort.folder} --rule majority --write"
    runs = {key: run for key, run in cohort.provenance().items() if run.kind == KIND}
    written = pa.concat_tables([_written(cohort, table, list(runs)) for table in _TABLES])
    standing = pc.unique(written.filter(written["stands"])["provenance"]).to_pylist()
    if not standing:
        raise BleedkitError(f"{cohort.folder} holds no consensus of its annotators", again)
    if len(standing) > 1:
        raise BleedkitError(f"{cohort.folder} holds the consensus of {len(standing)} rules side by side", again)
    several = {(table, clip): said for table in _TABLES for clip, said in _several(cohort, table).items()}
    settings = _settings(runs[standing[0]], cohort, again)
    return Truth(standing[0], settings, frozenset(written["label_id"].to_pylist()), several)


def truth_name(settings: Mapping[str, Any]) -> str:
    """What a run's key and its folder call a truth: `people`, or `consensus-` and the rule."""
    return f"{CONSENSUS}-{settings.get('rule')}" if settings else PEOPLE


def told_truth(truth: Truth, counted: Mapping[str, int]) -> list[str]:
    """What must be known of a consensus taken as truth, a sentence each. counted: by `Truth.count` of each clip."""
    if not truth.run:
        return []
    left = [f"{counted.get(f'no {table}', 0)} of {counted.get(table, 0)} {things}" for table, things in _TABLES.items()]
    found = [
        f"truth is the consensus by the rule {truth.settings['rule']}; of what several people labelled it leaves "
        f"undecided, and without truth, {', '.join(left)}"
    ]
    if late := counted.get("late", 0):
        found.append(
            f"places that were labelled again after their consensus was written: {late}; 'bleedkit annotate agree "
            "--write' renews it where that changes it"
        )
    return found


def truth_settings(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """The rule and its limits, as a record's `data` has them; nothing where truth is people's labels.

    Raises ValueError where it names something else.
    """
    told = data.get("truth", {"kind": CONSENSUS, "settings": {}})
    if not isinstance(told, Mapping) or told.get("kind") != CONSENSUS or not isinstance(told.get("settings"), Mapping):
        raise ValueError(f"truth must be a consensus with its settings, got {told!r:.60}")
    settings: Mapping[str, Any] = told["settings"]
    return settings


def _settings(run: Provenance, cohort: Cohort, again: str) -> Mapping[str, Any]:
    try:
        settings = json.loads(run.config_json)
        if isinstance(settings["rule"], str):
            return dict(settings)
    except (ValueError, KeyError, TypeError):
        pass
    raise BleedkitError(f"{cohort.folder} does not say by which rule its consensus {run.id} was made", again)


def _written(cohort: Cohort, table: str, runs: list[str]) -> pa.Table:
    """Every row that a rule ever wrote: label_id, provenance, and whether it stands."""
    rows = cohort.label_table(table, history=True)
    replaced = pc.is_in(rows["label_id"], value_set=rows["supersedes"].combine_chunks())
    stands = pc.and_not(pc.not_equal(rows["review"], Review.REJECTED.value), replaced)
    found = rows.select(["label_id", "provenance"]).append_column("stands", stands)
    return found.filter(pc.is_in(rows["provenance"], value_set=pa.array(runs, pa.string())))


def _several(cohort: Cohort, table: str) -> dict[str, frozenset[Place]]:
    """By clip, the places that several people labelled before any reviewer spoke, which a consensus is made of."""
    rows = cohort.label_table(table, history=True)
    own = pc.and_(pc.equal(rows["state"], LabelState.HUMAN.value), pc.equal(rows["review"], Review.UNREVIEWED.value))
    by = ["clip_id", "target"] if table == "onsets" else ["clip_id", "target", "frame"]
    people = rows.filter(own).group_by(by).aggregate([("annotator", "count_distinct")])
    found: dict[str, set[Place]] = {}
    for row in people.filter(pc.greater(people["annotator_count_distinct"], 1)).to_pylist():
        found.setdefault(row["clip_id"], set()).add((row.get("frame", NEVER), row["target"]))
    return {clip: frozenset(places) for clip, places in found.items()}


def _place(label: PointLabel | MaskLabel | OnsetLabel) -> Place:
    return NEVER if isinstance(label, OnsetLabel) else label.frame, label.target


def _thing(table: str, place: Place) -> Place:
    """What is known or not as a whole: all bleeding regions of a frame are scored, and learnt, as one."""
    frame, target = place
    return (frame, REGION) if table == "masks" and is_region(target) else place


def _scored(table: str, place: Place) -> bool:
    """Whether the benchmarks ask for it: tissue and pools may be targets of their own."""
    return table == "onsets" or (is_region(place[1]) if table == "masks" else place[1] == SOURCE)


def _by_place(labels: Iterable[Label]) -> dict[Place, list[Label]]:
    found: dict[Place, list[Label]] = {}
    for label in labels:
        found.setdefault(_place(label), []).append(label)
    return found
