"""Build: a source dataset's folder into a cohort, every problem told at once, all written or nothing."""

import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any, Final

import pyarrow as pa

from .. import __version__
from .clip_check import (
    frame_file,
    kept_frames,
    kept_onsets,
    kept_points,
    warn_counts,
    warn_official_leaks,
    warn_repeats,
    warn_unknown_names,
)
from .cohort import Cohort, CohortMeta, declared_media_root, holds_cohort, write_tables
from .digest import value_digest
from .errors import BleedkitError
from .image_scan import ImageScan, ScannedClip
from .mask_store import store_masks
from .media_copy import COPIES, MEDIA, MediaCopy
from .problems import Problems
from .progress import track
from .schema import Clip, Frame, Provenance
from .source import DatasetSpec, ReadOptions, SourceClip
from .source_folder import composed
from .split import save_split
from .split_official import official_split
from .tables import SCHEMAS, concat, table_of
from .transaction import locked, transaction

PROBLEMS: Final = "build_problems.json"


@dataclass(frozen=True)
class BuildResult:
    """The cohort, None where nothing was written; and everything found on the way."""

    cohort: Cohort | None
    problems: Problems


def build_cohort(
    spec: DatasetSpec,
    root: Path,
    out: Path,
    *,
    options: ReadOptions = ReadOptions(),  # noqa: B008 - frozen
    name: str = "",
    copy: str | None = None,
    strict: bool = False,
    out_in_root: bool = False,
) -> BuildResult:
    """Read `root` as `spec` says into a new cohort `out`; what cannot be used is left out and told.

    copy: None refers to the media where they are, `media` copies them into the cohort, `frames` also turns videos into
    image files. strict: write nothing where anything had to be left out. Nothing is read outside `root` or written
    outside `out`. out_in_root: let `out` lie below `root`, for a reader that was told its files and never looks around.
    Raises BleedkitError where `root` is no folder or `out` is not empty.
    """
    if copy is not None and copy not in COPIES:
        raise ValueError(f"copy must be None or one of {COPIES}, got {copy!r}")
    if options.mapping and not spec.takes_mapping:
        raise ValueError(f"{spec.name} has a layout of its own and takes no mapping")
    _check_places(root, out, out_in_root=out_in_root)
    run = Provenance.of("build", _config(spec, options, copy))
    problems = Problems()
    was_there = out.exists()
    try:
        with locked(out), transaction(out) as staging, ThreadPoolExecutor(os.cpu_count()) as pool:
            _check_places(root, out, out_in_root=out_in_root)  # again: another build may have come first
            scan = ImageScan(root, problems, pool)
            build = _Build(spec, options, run, copy, staging, scan, problems)
            build.read_all()
            if not build.clips:
                remedy = "mend what is told above" if problems.errors else f"wanted: {spec.layout}"
                problems.error("no-clips", spec.name, "no clip is left", remedy)
            if not build.clips or (strict and problems.errors):
                raise _Nothing
            build.write(name or spec.name, MEDIA if copy else declared_media_root(root, out))
    except _Nothing:
        return BuildResult(None, problems)
    finally:
        if not was_there and out.is_dir() and not holds_cohort(out):
            (out / ".lock").unlink(missing_ok=True)
            out.rmdir()
    return BuildResult(Cohort(out), problems)


class _Nothing(Exception):  # noqa: N818 - not an error: leaves the transaction without a commit
    pass


def _check_places(root: Path, out: Path, *, out_in_root: bool) -> None:
    if not root.is_dir():
        raise BleedkitError(f"{root} is not a folder", "give the folder that holds the source dataset")
    if holds_cohort(out):
        raise BleedkitError(f"{out} already holds a cohort", "give another --out, or remove it first")
    if out.exists() and (not out.is_dir() or any(not path.name.startswith(".") for path in out.iterdir())):
        raise BleedkitError(f"{out} is there already and not empty", "give a new folder as --out")
    if not out_in_root and out.resolve().is_relative_to(root.resolve()):
        raise BleedkitError(f"{out} lies in the dataset {root}", "give an --out elsewhere; datasets are only read")


def _config(spec: DatasetSpec, options: ReadOptions, copy: str | None) -> dict[str, Any]:
    """What decides the labels of a build; the patient map by its digest, as it may hold names."""
    said = dict(sorted(options.patients.items()))
    return {
        "source": spec.name,
        "version": spec.version,
        "patients": value_digest(said) if said else "",
        "mapping": options.mapping,
        "copy": copy,
    }


@dataclass
class _Build:
    """One build under way: tables by name, grown clip by clip."""

    spec: DatasetSpec
    options: ReadOptions
    run: Provenance
    copy: str | None
    staging: Path
    scan: ImageScan
    problems: Problems
    clips: dict[str, Clip] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    tables: defaultdict[str, list[pa.Table]] = field(default_factory=lambda: defaultdict(list))

    def read_all(self) -> None:
        """Read every clip of the source and check what the source says of itself."""
        for text in self.spec.contradictions:
            self.problems.warning("contradiction", self.spec.name, text, "counts are given as found, not as stated")
        for ordinal, source in enumerate(track(self._sources(), f"Building {self.spec.name}")):
            self._add(source, ordinal)
        warn_official_leaks(self.clips.values(), self.spec.name, self.problems)
        said = {composed(name) for name in self.options.patients}
        warn_unknown_names(said, {composed(name) for name in self.names}, self.problems)
        warn_counts(self.spec.expected, self._count, self.spec.name, self.problems)

    def write(self, name: str, media_root: str) -> None:
        """Write tables, problems and the official split into the staging folder."""
        spec = self.spec
        meta = CohortMeta(
            name, spec.name, spec.version, spec.licence, spec.citation, spec.version, __version__, media_root
        )
        self.tables["provenance"].append(table_of("provenance", [self.run]))
        write_tables(self.staging, meta, {table: concat(parts, table) for table, parts in self.tables.items()})
        (self.staging / PROBLEMS).write_text(self.problems.to_json() + "\n", encoding="utf-8")
        cohort = Cohort(self.staging)
        split = official_split(cohort)
        if split is not None:
            save_split(cohort, split)

    def _sources(self) -> Iterator[SourceClip]:
        """The source's clips; a reader that cannot go on is one more problem, and what it gave before stays."""
        try:
            yield from self.spec.read(self.scan.root, self.options, self.problems)
        except BleedkitError as error:
            self.problems.error("source", self.spec.name, error.what, error.remedy)
        except OSError as error:
            what = f"{error.filename} cannot be read ({error.strerror})"
            self.problems.error("source", self.spec.name, what, "check the folder and its permissions")

    def _add(self, source: SourceClip, ordinal: int) -> None:
        clip = source.clip
        self.names.update(_names(clip, source.frames))
        if clip.clip_id in self.clips:
            what = f"clip id {clip.clip_id!r} is there already; left out"
            self.problems.error("duplicate-clip", frame_file(clip, None), what, "give the clips names of their own")
            return
        scanned = self._scan(source, ordinal)
        if scanned is None:
            return
        self.clips[clip.clip_id] = scanned.clip
        frames = _as_in_source(scanned.frames, source.frames)
        points = kept_points(clip, source.points, frames, self.problems)
        onsets = kept_onsets(clip, source.onsets, self.problems)
        rows: dict[str, Sequence[object]] = {
            "clips": [scanned.clip],
            "frames": scanned.frames,
            "points": [replace(point, provenance=self.run.id) for point in points],
            "onsets": [replace(onset, provenance=self.run.id) for onset in onsets],
            "masks": store_masks(source, frames, self.staging, self.run.id, self.problems),
        }
        for table, found in rows.items():
            self.tables[table].append(table_of(table, found))
        self.tables["hashes"].append(scanned.hash_table())

    def _scan(self, source: SourceClip, ordinal: int) -> ScannedClip | None:
        clip = source.clip
        frames = kept_frames(clip, source.frames, self.problems)
        copy = MediaCopy(self.copy, self.staging, ordinal)
        scanned = self.scan.clip(clip, frames, copy)
        if scanned is not None and not any(frame.has_image for frame in scanned.frames):
            what = "not one image of the clip can be used; clip left out"
            self.problems.error("empty-clip", clip.clip_id, what, "put its frames in place")
            return None
        if scanned is not None:
            warn_repeats(clip, scanned.frames, self.problems)
        return scanned

    def _count(self, name: str) -> int:
        """How many of what papers count: patients, frames with image, labelled frames, or rows of a table."""
        if name == "patients":
            return len({clip.patient_id for clip in self.clips.values()})
        if name == "frames":
            return sum(table["has_image"].to_pylist().count(True) for table in self.tables["frames"])
        if name == "labelled_frames":
            labels = [table.select(["clip_id", "frame"]) for kind in ("points", "masks") for table in self.tables[kind]]
            return len({tuple(row.values()) for table in labels for row in table.to_pylist()})
        if name not in SCHEMAS:
            raise ValueError(f"{self.spec.name} expects {name!r}, which nobody counts")
        return sum(len(table) for table in self.tables[name])


def _as_in_source(scanned: Sequence[Frame], source: Sequence[Frame]) -> dict[int, Frame]:
    """The scanned frames by number, under the source's file names: problems tell those, not the names of copies."""
    paths = {frame.frame: frame.path for frame in reversed(source)}
    return {frame.frame: replace(frame, path=paths[frame.frame]) for frame in scanned}


def _names(clip: Clip, frames: Sequence[Frame]) -> set[str]:
    """What a patient map may call a clip: its id, its file or a folder above it, by name or by path."""
    path = PurePosixPath(clip.media or (frames[0].path if frames else ""))
    folders = [path, *path.parents]
    return {clip.clip_id, clip.procedure_id, *path.parts, path.stem, *(str(folder) for folder in folders)}
