"""Absolute paths of many files below one root, as safe as `safe_path.inside` but resolved once a folder."""

import os
import stat
from pathlib import Path

from ..datasets.safe_path import inside


class CheckedPaths:
    """Paths below `root`. Resolving each of 100,000 files by itself takes longer than pushing them."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()
        self._folders = {"": str(self._root)}

    def path(self, relative: str) -> str:
        """A file's absolute path. Raises BleedkitError where it leaves the root, FileNotFoundError where it is gone."""
        folder, _, name = relative.rpartition("/")
        if folder not in self._folders:
            self._folders[folder] = str(inside(self._root, folder).resolve())
        path = f"{self._folders[folder]}/{name}"
        if stat.S_ISREG(os.lstat(path).st_mode):
            return path
        return str(inside(self._root, relative))  # a link, or no file at all
