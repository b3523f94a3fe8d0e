"""The log of one reviewer: a line a decision, on disk before anybody is told that it was taken.

    COHORT/review/<reviewer>.jsonl

Each reviewer has a log of their own, so that two never write into one file. Lines are only ever added.
"""

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from ...datasets.errors import BleedkitError
from .decision import Decision

FOLDER: Final = "review"
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True)
class BrokenLine:
    """A line of a log that is no decision: half written when the power went, or edited by hand."""

    path: Path
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.path} line {self.line}: {self.what}"


@dataclass(frozen=True)
class LogContent:
    """Decisions in the order in which they were taken, and what of the file is none."""

    decisions: tuple[Decision, ...]
    broken: tuple[BrokenLine, ...]


class DecisionLog:
    """The log of `reviewer` in the cohort `folder`. Raises BleedkitError for a name that cannot be a file's."""

    def __init__(self, folder: Path, reviewer: str) -> None:
        if not _NAME.fullmatch(reviewer):
            what = f"{reviewer!r} cannot name a reviewer"
            raise BleedkitError(what, "use letters, digits, '-', '_' and '.'; best a pseudonym")
        self.reviewer = reviewer
        self.path = folder / FOLDER / f"{reviewer}.jsonl"
        self._last: tuple[int, int] | None = None  # size of the file and number of its last decision, as we left it

    def read(self) -> LogContent:
        """All that was ever decided; a log that does not exist is empty."""
        if not self.path.is_file():
            return LogContent((), ())
        decisions: list[Decision] = []
        broken: list[BrokenLine] = []
        last = 0
        text = self.path.read_bytes().decode(errors="replace")
        for number, line in enumerate(text.split("\n"), start=1):
            if not line.strip():
                continue
            try:
                decision = Decision.from_line(line)
                self._check(decision, last)
            except BleedkitError as error:
                broken.append(BrokenLine(self.path, number, error.what))
            else:
                if decision.number > last + 1:
                    missing = f"decisions {last + 1} to {decision.number - 1} are missing before it"
                    broken.append(BrokenLine(self.path, number, missing))
                decisions.append(decision)
                last = decision.number
        return LogContent(tuple(decisions), tuple(broken))

    def append(self, decision: Decision) -> Decision:
        """Add a decision; when this returns it is on the disk. Its number becomes the next of the log.

        Raises BleedkitError where the disk does not take it; nothing was decided then.
        """
        try:
            with self._opened() as file:
                taken = decision.numbered(self._last_number(file) + 1)
                # A line that a crash cut short stays, and stays a line of its own.
                start = "" if _ends_a_line(file) else "\n"
                file.write(f"{start}{taken.to_line()}\n".encode())
                file.flush()
                os.fsync(file.fileno())
                self._last = (file.tell(), taken.number)
                return taken
        except OSError as error:
            raise BleedkitError(
                f"{self.path} cannot be written ({error.strerror})", "check space and rights"
            ) from error

    @contextmanager
    def _opened(self) -> Iterator[IO[bytes]]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield file

    def _last_number(self, file: IO[bytes]) -> int:
        """Read anew only where somebody else has written since."""
        if self._last is not None and file.seek(0, os.SEEK_END) == self._last[0]:
            return self._last[1]
        return max((decision.number for decision in self.read().decisions), default=0)

    def _check(self, decision: Decision, last: int) -> None:
        if decision.reviewer != self.reviewer:
            raise BleedkitError(f"is of reviewer {decision.reviewer!r}", "restore the log from a backup")
        if decision.number <= last:
            raise BleedkitError(f"has number {decision.number} after {last}", "restore the log from a backup")


def logs_of(folder: Path) -> list[DecisionLog]:
    """The logs of all reviewers of the cohort `folder`, by name."""
    files = sorted((folder / FOLDER).glob("*.jsonl"))
    return [DecisionLog(folder, file.stem) for file in files if _NAME.fullmatch(file.stem)]


def _ends_a_line(file: IO[bytes]) -> bool:
    size = file.seek(0, os.SEEK_END)
    if not size:
        return True
    file.seek(size - 1)
    return file.read(1) == b"\n"
