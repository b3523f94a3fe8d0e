"""Everything wrong with a dataset, collected and told at once: file, frame, what, remedy."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from enum import StrEnum


class Severity(StrEnum):
    """`error`: something was dropped or is broken. `warning`: kept, but someone should know."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True)
class Problem:
    """One finding. file: path relative to the dataset root. frame: index in the clip, None for the whole file.

    code: a short stable word a script can filter by, such as `mask-size`.
    """

    severity: Severity
    code: str
    file: str
    what: str
    remedy: str
    frame: int | None = None

    def __str__(self) -> str:
        at = self.file if self.frame is None else f"{self.file} frame {self.frame}"
        return f"{self.severity}: {at}: {self.what}; {self.remedy}"


@dataclass
class Problems:
    """A list of findings that readers add to instead of raising, so that one bad file never hides the next."""

    found: list[Problem] = field(default_factory=list)

    def error(self, code: str, file: str, what: str, remedy: str, frame: int | None = None) -> None:
        """Add a finding that cost data or breaks the model."""
        self.found.append(Problem(Severity.ERROR, code, file, what, remedy, frame))

    def warning(self, code: str, file: str, what: str, remedy: str, frame: int | None = None) -> None:
        """Add a finding that cost nothing."""
        self.found.append(Problem(Severity.WARNING, code, file, what, remedy, frame))

    def __iter__(self) -> Iterator[Problem]:
        return iter(self.found)

    def __len__(self) -> int:
        return len(self.found)

    @property
    def errors(self) -> list[Problem]:
        """The findings that cost data."""
        return [problem for problem in self.found if problem.severity is Severity.ERROR]

    @property
    def warnings(self) -> list[Problem]:
        """The findings that cost nothing."""
        return [problem for problem in self.found if problem.severity is Severity.WARNING]

    def to_json(self) -> str:
        """A JSON array, one object a finding, in the order found."""
        return json.dumps([asdict(problem) for problem in self.found], indent=2, ensure_ascii=False)
