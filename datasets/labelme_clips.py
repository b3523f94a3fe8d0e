"""Which images and LabelMe files of a folder make up which clip, by a declared mapping."""

import re
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from .images import IMAGE_SUFFIXES
from .labelme_file import read_labelme
from .labelme_mapping import LabelMeMapping
from .problems import Problems
from .source_folder import SourceFolder, composed, natural_key, plain_name

_OTHER: Final = {".json", ".csv", ".txt", ".md", ".toml", ".yaml", ".yml", ".pdf", ""}
"""Endings of files that are at home beside images; others are told."""


@dataclass(frozen=True)
class LabelledFrame:
    """An image of a clip and its LabelMe file, None where it has none."""

    image: Path
    label: Path | None


@dataclass
class ClipFiles:
    """The files of one clip by frame number. patient, split: "" where the names do not tell."""

    clip: str
    patient: str
    split: str
    folder: Path
    frames: dict[int, LabelledFrame] = field(default_factory=dict)

    @property
    def clip_id(self) -> str:
        """Patient and clip in one word; a clip of nested folders has no slash in it."""
        return "-".join(part for part in (self.patient, *self.clip.split("/")) if part)

    @property
    def labelled(self) -> bool:
        """Whether any frame has a label file."""
        return any(frame.label for frame in self.frames.values())


def find_clips(source: SourceFolder, mapping: LabelMeMapping, not_labels: Collection[Path] = ()) -> list[ClipFiles]:
    """Every clip below the root, in natural order; what fits no clip is told and left out.

    not_labels: JSON files that the mapping names for something else.
    """
    images, labels = _images_and_labels(source, not_labels)
    clips: dict[tuple[str, str], ClipFiles] = {}
    pattern = re.compile(mapping.image)
    alone = _alone(images)
    for name, image in images.items():
        match = pattern.fullmatch(name)
        groups = {key: value or "" for key, value in match.groupdict().items()} if match else {}
        if not groups and image in alone:  # a folder of one image needs no frame number
            groups = {"clip": name.rpartition("/")[0], "frame": "0"}
        if not re.fullmatch("[0-9]{1,9}", groups.get("frame", "")):
            what = "left out: its place and name are not those of a numbered frame"
            source.error("frame-name", image, what, "rename it, or declare the layout with --mapping")
            continue
        key = groups.get("patient", ""), groups["clip"] or plain_name(source.root.resolve()) or "root"
        clip = clips.setdefault(key, ClipFiles(key[1], key[0], groups.get("split", ""), image.parent))
        number = int(groups["frame"])
        if number in clip.frames:
            what = f"left out: {clip.frames[number].image.name} has the same frame number"
            source.error("duplicate-frame", image, what, "keep one of the two")
            continue
        source.check_ending(image)
        clip.frames[number] = LabelledFrame(image, labels.pop(mapping.label_name(name, groups), None))
    _by_image_path(source, clips.values(), labels)
    return _without_repeats(source, sorted(clips.values(), key=lambda clip: natural_key(clip.clip_id)))


def frame_indices(source: SourceFolder, clip: ClipFiles, first: int | None) -> dict[int, LabelledFrame]:
    """Frames by index: the number in the name less `first`, or less the smallest number where `first` is None."""
    start = min(clip.frames) if first is None else first
    for number in sorted(clip.frames):
        if number < start:
            what = f"left out: its number is below first_frame ({start})"
            source.error("frame-name", clip.frames[number].image, what, "correct first_frame in the mapping file")
    return {number - start: clip.frames[number] for number in sorted(clip.frames) if number >= start}


def _images_and_labels(source: SourceFolder, not_labels: Collection[Path]) -> tuple[dict[str, Path], dict[str, Path]]:
    """Images and JSON files by name without ending."""
    images: dict[str, Path] = {}
    labels: dict[str, Path] = {}
    for path in source.walk():
        name = composed(source.name(path).removesuffix(path.suffix))
        ending = path.suffix.lower()
        if ending in IMAGE_SUFFIXES:
            if images.setdefault(name, path) is not path:
                source.error("duplicate-frame", path, f"left out: {images[name].name} is there too", "keep one of them")
        elif ending == ".json" and path not in not_labels:
            if labels.setdefault(name, path) is not path:
                source.error("duplicate-label", path, f"left out: {labels[name].name} is there too", "keep one of them")
        elif ending not in _OTHER:
            source.warning("extension", path, "is neither image nor LabelMe file; not read", "move it away")
    return images, labels


def _alone(images: Mapping[str, Path]) -> set[Path]:
    """Images that have their folder to themselves."""
    folders: dict[Path, list[Path]] = defaultdict(list)
    for image in images.values():
        folders[image.parent].append(image)
    return {paths[0] for paths in folders.values() if len(paths) == 1}


def _by_image_path(source: SourceFolder, clips: Collection[ClipFiles], labels: Mapping[str, Path]) -> None:
    """Give label files that no image shares its name with to the image they name themselves."""
    places = {frame.image: (clip, number) for clip in clips for number, frame in clip.frames.items()}
    for path in labels.values():
        file = read_labelme(path, Problems(), "")
        if file is None:
            source.warning("unknown-file", path, "is not a LabelMe file; not read", "move it away")
            continue
        clip, number = places.get(path.parent / file.image_path, (None, 0))
        if clip is None:
            inside = " (the image inside it is not read)" if file.image_data else ""
            what = f"left out: there is no image {file.image_path!r}{inside}"
            source.error("label-without-image", path, what, "put the image beside it")
        elif clip.frames[number].label is not None:
            source.error(
                "duplicate-label", path, f"left out: {file.image_path} has a label file", "keep one of the two"
            )
        else:
            clip.frames[number] = LabelledFrame(clip.frames[number].image, path)


def _without_repeats(source: SourceFolder, clips: list[ClipFiles]) -> list[ClipFiles]:
    kept: dict[str, ClipFiles] = {}
    for clip in clips:
        if kept.setdefault(clip.clip_id, clip) is not clip:
            what = f"left out: another clip is named {clip.clip_id} as well"
            source.error("duplicate-clip", clip.folder, what, "rename one of the two")
    return list(kept.values())
