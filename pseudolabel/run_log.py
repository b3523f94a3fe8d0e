"""RUN/log.jsonl: what a run did and when, one JSON object a line, for people and for whatever watches the run."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TextIO

from ..datasets.errors import BleedkitError

NAME: Final = "log.jsonl"


class RunLog:
    """An open log; runs into the same folder append to it. `write` raises BleedkitError where it cannot be written."""

    def __init__(self, out: Path) -> None:
        self._path = out / NAME
        self._stream: TextIO = self._path.open("a", encoding="utf-8")
        if self._stream.tell() and not _ends_whole(self._path):
            self._stream.write("\n")  # a driver was killed within a line

    def write(self, event: str, **facts: str | float) -> None:
        """Append one line: time (UTC), event and facts."""
        line = json.dumps({"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "event": event, **facts})
        try:
            self._stream.write(line + "\n")
            self._stream.flush()
        except OSError as error:
            remedy = "check space and permissions, then run the same command again; what is finished is kept"
            raise BleedkitError(f"{self._path} cannot be written ({error.strerror})", remedy) from error

    def close(self) -> None:
        """Let go of the file."""
        self._stream.close()


def _ends_whole(path: Path) -> bool:
    with path.open("rb") as stream:
        stream.seek(-1, os.SEEK_END)
        return stream.read(1) == b"\n"
