"""Split: which patient is in which part, as a file that names how it was made."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, Self

from .cohort import Cohort
from .errors import BleedkitError
from .schema import Clip
from .transaction import write_atomic

PARTS: Final = ("train", "val", "test")


@dataclass(frozen=True)
class Split:
    """Parts by patient. folds: one mapping a fold from unit to part; a plain split has one fold.

    unit: `patient`, or `clip` for an official split that puts one patient's clips in several parts.
    ratio: wanted shares of PARTS. method, seed, stratify: how it was made; report: what the solver reached.
    """

    name: str
    method: str
    cohort_digest: str
    folds: Sequence[Mapping[str, str]]
    unit: str = "patient"
    seed: int | None = None
    ratio: Sequence[float] = ()
    stratify: Sequence[str] = ()
    report: Mapping[str, Any] = field(default_factory=dict)

    def part(self, clip: Clip, fold: int = 0) -> str:
        """The part of a clip. Raises BleedkitError where the split does not know it."""
        unit = clip.patient_id if self.unit == "patient" else clip.clip_id
        if unit not in self.folds[fold]:
            raise BleedkitError(f"split {self.name} does not hold {self.unit} {unit!r}", "build the split again")
        return self.folds[fold][unit]

    def to_json(self) -> str:
        """The text of `splits/<name>.json`; the same split always gives the same bytes."""
        return json.dumps({"format": 1, **asdict(self)}, indent=2, sort_keys=True) + "\n"

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a split file. Raises BleedkitError where it is not one."""
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
            values.pop("format")
            return cls(**values)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise BleedkitError(f"{path} is not a split file ({error})", "see 'bleedkit split build'") from error


def save_split(cohort: Cohort, split: Split) -> Path:
    """Write the split beside the cohort's others, atomically; returns its path."""
    path = split_path(cohort, split.name)
    write_atomic(path, split.to_json().encode())
    return path


def load_split(cohort: Cohort, name: str) -> Split:
    """A split of the cohort by name. Raises BleedkitError where there is none, or it is of another cohort."""
    path = split_path(cohort, name)
    if not path.is_file():
        known = ", ".join(split_names(cohort)) or "none"
        raise BleedkitError(f"{cohort.folder} has no split {name!r} (there: {known})", "see 'bleedkit split build'")
    split = Split.load(path)
    if split.cohort_digest != cohort.digest:
        raise BleedkitError(f"{path} was made for other clips or frames than this cohort's", "build the split again")
    return split


def split_names(cohort: Cohort) -> list[str]:
    """Names of the cohort's splits, sorted."""
    return sorted(path.stem for path in (cohort.folder / "splits").glob("*.json"))


def split_path(cohort: Cohort, name: str) -> Path:
    """Where a split of that name lives. Raises BleedkitError for a name that is not a plain file name."""
    if not name or name.startswith(".") or not all(c.isalnum() or c in "-_." for c in name):
        raise BleedkitError(f"{name!r} cannot name a split", "use letters, digits, '-', '_' and '.'")
    return cohort.folder / "splits" / f"{name}.json"
