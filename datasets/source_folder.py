"""A source's folder while it is read: sub-folders and numbered files, junk left out, everything odd told."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from .errors import BleedkitError
from .images import IMAGE_SUFFIXES, image_format, image_size
from .problems import Problems
from .safe_path import check_inside
from .schema import Frame, ImageSize
from .source import ReadOptions

NUMBER: Final = re.compile(r"([0-9]{1,9})")
"""A file name, without its ending, that is a frame number and nothing else."""

_JUNK: Final = {"thumbs.db", "desktop.ini", "__macosx"}


@dataclass(frozen=True)
class NumberedFile:
    """A file and the frame number in its name."""

    number: int
    path: Path


@dataclass(frozen=True)
class SourceFolder:
    """One reading of a source dataset: where it lies, what the user said of it, and where findings go.

    Every path handed out lies below `root`, links followed.
    """

    root: Path
    options: ReadOptions
    problems: Problems

    def name(self, path: Path) -> str:
        """How problems and frames name a file: relative to the root, with forward slashes."""
        return path.relative_to(self.root).as_posix()

    def error(self, code: str, path: Path, what: str, remedy: str, *, frame: int | None = None) -> None:
        """Tell of something that cost data."""
        self.problems.error(code, self.name(path), what, remedy, frame)

    def warning(self, code: str, path: Path, what: str, remedy: str, *, frame: int | None = None) -> None:
        """Tell of something that cost nothing."""
        self.problems.warning(code, self.name(path), what, remedy, frame)

    def refused(self, code: str, path: Path, error: Exception, *, frame: int | None = None) -> None:
        """Tell, as an error, why a file could not be used."""
        if isinstance(error, BleedkitError):
            what, remedy = error.what.removeprefix(f"{path}: "), error.remedy
        else:
            what = f"cannot be read ({getattr(error, 'strerror', None) or error})"
            remedy = "check the file and its permissions"
        self.error(code, path, what, remedy, frame=frame)

    def listing(self, folder: Path) -> list[Path]:
        """Everything in `folder` but junk (hidden files, Thumbs.db), in natural order.

        Links that are broken, cyclic or lead out of the root are errors and left out, as is a folder that cannot be
        listed.
        """
        try:
            found = sorted(folder.iterdir(), key=lambda path: (natural_key(plain_name(path)), path.name))
        except OSError as error:
            self.refused("unreadable", folder, error)
            return []
        kept = []
        for path in found:
            if path.name.startswith(".") or path.name.lower() in _JUNK:
                continue
            try:
                if path.is_symlink():  # what is no link lies where its folder lies
                    check_inside(self.root, path)
            except BleedkitError:
                what = "link is broken, cyclic or leads out of the dataset; not followed"
                self.error("link", path, what, "remove it or put the file it stands for in place")
            else:
                kept.append(path)
        return kept

    def walk(self) -> Iterator[Path]:
        """Every file below the root, folder by folder; a link to a folder that is read anyway is an error."""
        seen, waiting = set[tuple[int, int]](), [self.root]
        while waiting:
            folder = waiting.pop(0)
            status = folder.stat()
            if (status.st_dev, status.st_ino) in seen:
                self.error("link", folder, "leads to a folder that is read already; not followed", "remove the link")
                continue
            seen.add((status.st_dev, status.st_ino))
            found = self.listing(folder)
            waiting += [path for path in found if path.is_dir()]
            yield from (path for path in found if not path.is_dir())

    def subfolders(self, folder: Path) -> list[Path]:
        """The folders in `folder`, in natural order; of two names that differ only in Unicode form the first."""
        kept: dict[str, Path] = {}
        for path in self.listing(folder):
            if path.is_dir() and kept.setdefault(plain_name(path), path) is not path:
                what = "folder has the same name as another but for its Unicode form; left out"
                self.error("duplicate-clip", path, what, "keep one of the two")
        return list(kept.values())

    def numbered_files(
        self, folder: Path, suffixes: Iterable[str], name: re.Pattern[str] = NUMBER
    ) -> list[NumberedFile]:
        """The files of `folder` with those endings (any case), by frame number.

        name: matches a whole file name without its ending; group 1 is the frame number. A name it does not match,
        another ending and a second file of the same number are told, and the file is left out.
        """
        wanted, kept = set(suffixes), dict[int, Path]()
        for path in self.listing(folder):
            if path.is_dir():
                continue
            match = name.fullmatch(path.stem)
            if path.suffix.lower() not in wanted:
                tell = self.error if match else self.warning  # 00001.gif is a lost frame, readme.txt is not
                what = f"left out: its ending is none of {' '.join(sorted(wanted))}"
                tell("extension", path, what, "rename it or move it away")
            elif match is None:
                self.error("frame-name", path, "left out: its name is not a frame number", "rename it")
            elif kept.setdefault(int(match[1]), path) is not path:
                what = f"left out: {kept[int(match[1])].name} has the same frame number"
                self.error("duplicate-frame", path, what, "keep one of the two")
        return [NumberedFile(number, kept[number]) for number in sorted(kept)]

    def image_files(self, folder: Path, name: re.Pattern[str] = NUMBER) -> list[NumberedFile]:
        """Like `numbered_files`, for images; one whose content is not what its ending says is a warning."""
        files = self.numbered_files(folder, IMAGE_SUFFIXES, name)
        for file in files:
            self.check_ending(file.path)
        return files

    def check_ending(self, path: Path) -> None:
        """Warn where an image is of another format than its ending says; it is read as what it is."""
        try:
            kind = image_format(path)
        except BleedkitError:
            return  # the build tells that it cannot be read
        if kind not in ("", IMAGE_SUFFIXES[path.suffix.lower()]):
            self.warning("extension", path, f"is a {kind} file by its content", "rename it")

    def clip_size(self, folder: Path, files: Sequence[Path]) -> ImageSize | None:
        """Size of the first image whose header can be read; None, and an error, where a clip has no such image."""
        for path in files:
            try:
                return image_size(path)
            except BleedkitError:
                continue  # the build tells which file and why
        self.error("empty-clip", folder, "left out: it holds no image that can be read", "put its frames in place")
        return None

    def frames(self, clip_id: str, fps: float, files: Iterable[tuple[int, Path]]) -> list[Frame]:
        """Frame rows of (frame index, image file); the build fills in the digests."""
        return [Frame(clip_id, index, self.name(path), index / fps, "") for index, path in files]

    def patient(self, clip: str, folder: Path, parsed: str | None) -> str | None:
        """Whose clip it is: what the user says of the clip or a folder it is in, else what the name says (`parsed`).

        None, and an error, where neither tells: a guessed patient would be a leak nobody can see.
        """
        said = {composed(name): patient for name, patient in self.options.patients.items()}
        path = PurePosixPath(composed(self.name(folder)))
        names = [clip, *(name for place in (path, *path.parents) for name in (str(place), place.name))]
        patient = next((said[name] for name in names if name in said), parsed)
        if not patient:
            self.error("patient", folder, "left out: its name does not tell the patient", "use --patients map.csv")
        return patient or None


def composed(name: str) -> str:
    """A name in Unicode's composed form: macOS writes names decomposed, archives as they like."""
    return unicodedata.normalize("NFC", name)


def plain_name(path: Path) -> str:
    """The file's or folder's own name in Unicode's composed form."""
    return composed(path.name)


def natural_key(name: str) -> list[tuple[int, str]]:
    """Sort key that puts `frame2` before `frame10`."""
    return [(int(part), "") if at % 2 else (-1, part) for at, part in enumerate(re.split(r"([0-9]+)", name))]
