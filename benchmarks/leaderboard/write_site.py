"""The site on disk: the new one takes the old one's place as a whole, and nothing else's."""

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from ...datasets.errors import BleedkitError

MARK: Final = ".bleedkit-leaderboard"
"""Lies in every site, so that a folder of anything else is never replaced."""


def write_site(files: Mapping[str, bytes], out: Path) -> None:
    """files: by path below `out`. They are written beside it first and then moved there: no half a site is ever seen.

    Raises BleedkitError where `out` holds something that is not an earlier site.
    """
    _refuse_others(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=f".{out.name}.new-", dir=out.parent))
    try:
        for name, data in {**files, MARK: b"Written by bleedkit bench leaderboard; replaced by the next.\n"}.items():
            place = staging / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
        staging.chmod(0o755)
        _exchange(staging, out)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _refuse_others(out: Path) -> None:
    if out.is_symlink() or (out.exists() and not out.is_dir()):
        raise BleedkitError(f"{out} is not a folder", "give --out a new folder")
    if out.is_dir() and any(out.iterdir()) and not (out / MARK).is_file():
        raise BleedkitError(f"{out} holds other things than an earlier site", "give --out a new folder")


def _exchange(staging: Path, out: Path) -> None:
    """Move the old site away and the new one in; the old one comes back where that fails."""
    if not out.exists():
        os.replace(staging, out)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{out.name}.old-", dir=out.parent))
    os.replace(out, old)
    try:
        os.replace(staging, out)
    except OSError:
        os.replace(old, out)
        raise
    shutil.rmtree(old)
