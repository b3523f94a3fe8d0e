"""CVAT for video 1.1 read back: keyframes of points, masks and polygons; frames that CVAT interpolated are left out."""

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from ..errors import BleedkitError
from ..labelme_shape import polygon_mask
from ..progress import track
from ..schema import Clip, ImageSize, LabelState, MaskLabel, OnsetLabel, PointLabel
from .cvat_export import EXPORT, OF_FRAME
from .export_list import ExportLists, export_name
from .exported import Exported
from .label_fields import LabelFields
from .reading import Found, Reading, Spot
from .run_lengths import BoxRuns
from .safe_xml import Start, read_xml

_SHAPES: Final = ("points", "mask", "polygon", "box", "polyline", "cuboid", "ellipse", "skeleton")
_AUTO: Final = "auto"
_OTHER: Final = "no label shows that it comes from the export whose list lies beside it"
_LAST_DIGIT: Final = 0.01


def read_cvat(path: Path, reading: Reading) -> Iterator[Found]:
    """Labels of a CVAT XML file, or of every `*.xml` below a folder.

    The clip is the one that the task or the file is named after. Raises BleedkitError where a file is no CVAT for video
    1.1, names no clip of the cohort, or is of another picture size.
    """
    files = sorted(path.rglob("*.xml")) if path.is_dir() else [path]
    if not files:
        raise BleedkitError(f"{path} holds no *.xml", "unpack CVAT's archive first")
    lists = ExportLists(reading.beside)
    for file in track(files, "CVAT", total=len(files)):
        yield from _File(file, reading, lists).labels()


class _File:
    """One file, element by element. _said: the shape's attributes by name. _exports: exports that shapes name."""

    def __init__(self, path: Path, reading: Reading, lists: ExportLists) -> None:
        self._path, self._reading, self._lists = path, reading, lists
        self._meta: dict[str, str] = {}
        self._clip: Clip | None = None
        self._track: Mapping[str, str] = {}
        self._shape: Mapping[str, str] = {}
        self._said: dict[str, object] = {}
        self._attribute = ""
        self._exported = Exported(path.name, self._covers)
        self._exports: set[object] = set()
        self._shapes: Mapping[str, str] = {}

    def labels(self) -> Iterator[Found]:
        """Labels in the file's order; what cannot be one is a problem of the reading."""
        return self._exported.watch(self._labels(), self._reading, len(self._reading.refused))

    def _labels(self) -> Iterator[Found]:
        for element in read_xml(self._path):
            tag, parent = element.path[-1], element.path[-2] if len(element.path) > 1 else ""
            if isinstance(element, Start):
                self._start(element)
            elif element.path[:2] == ("annotations", "meta"):
                self._meta[f"{parent}/{tag}"] = element.text.strip()
            elif tag == "attribute" and self._shape:
                self._said[self._attribute] = element.text
            elif tag in _SHAPES and parent == "track":
                self._exports.add(self._said.get(EXPORT, ""))
                found = self._label(tag)
                self._shape = {}
                if found is not None:
                    yield found
        if self._clip is None and (clip := self._named_clip()):
            self._open(clip)
        if self._exports - {""} != {export_name(self._shapes)}:
            self._exported.doubt = _OTHER

    def _open(self, clip: Clip) -> None:
        """Note which clip it is, and what it was exported with by the list of its export."""
        self._clip = clip
        self._shapes = self._lists.shapes(self._path, clip.clip_id)
        self._exported.ids.update(self._shapes)

    def _covers(self, row: PointLabel | MaskLabel | OnsetLabel) -> bool:
        """Whether the label's frame is one of the task or job; what CVAT does not say is as we export it: all are."""
        if self._clip is None or row.clip_id != self._clip.clip_id:
            return False
        said = {key.partition("/")[2]: text for key, text in self._meta.items() if key.startswith(("task/", "job/"))}
        try:
            first, last = int(said.get("start_frame") or 0), int(said.get("stop_frame") or self._clip.n_frames - 1)
            step = int((said.get("frame_filter") or "step=1").removeprefix("step="))
        except ValueError:
            return False
        return row.frame in range(first, last + 1, max(step, 1))

    def _start(self, element: Start) -> None:
        tag = element.path[-1]
        if len(element.path) == 1 and tag != "annotations":
            raise BleedkitError(f"{self._path} is no CVAT file: its root is <{tag}>", "export CVAT for video 1.1")
        if tag == "image":
            raise BleedkitError(f"{self._path} is CVAT for images", "export it from CVAT as CVAT for video 1.1")
        if element.path == ("annotations", "meta", "project"):
            raise BleedkitError(f"{self._path} is a project's, with tracks of several tasks", "export task by task")
        if tag == "track":
            if self._clip is None:
                self._open(self._find_clip())
            self._track = element.attributes
        elif tag in _SHAPES and element.path[-2] == "track":
            self._shape, self._said = element.attributes, {}
        elif tag == "attribute":
            self._attribute = element.attributes.get("name", "")

    def _find_clip(self) -> Clip:
        reading = self._reading
        clip = self._named_clip()
        if clip is None:
            name = self._meta.get("task/name", "")
            what = f"{self._path}: neither its task {name!r} nor its own name is a clip of {reading.cohort.folder}"
            raise BleedkitError(what, "name the file after the clip: <clip id>.xml")
        try:
            size = ImageSize(int(self._meta["original_size/width"]), int(self._meta["original_size/height"]))
        except (KeyError, ValueError):
            return clip
        if size != clip.size:
            raise BleedkitError(f"{self._path}: must be {clip.size} like clip {clip.clip_id}, got {size}")
        return clip

    def _named_clip(self) -> Clip | None:
        clips = self._reading.cohort.clips
        stem = self._reading.clip_of_name.get(self._path.stem, self._path.stem)
        return clips.get(self._meta.get("task/name", "")) or clips.get(stem)

    def _label(self, tag: str) -> Found | None:
        if self._clip is None:
            return None
        shape, target = self._shape, self._track.get("label", "")
        where = f"{self._path.name} track {self._track.get('id', '?')} frame {shape.get('frame', '?')}"
        outside, occluded = shape.get("outside") == "1", shape.get("occluded") == "1"
        if shape.get("keyframe", "1") != "1":
            self._reading.losses.add(f"{tag} that CVAT interpolated (no keyframe)")
            return None
        if outside and not (occluded and tag == "points"):
            return None  # a gap in the track: nobody says anything of the target here
        try:
            spot = Spot(where, self._clip.clip_id, int(shape["frame"]), target)
            if self._reading.clip_at(where, (spot.clip_id, spot.frame)) is None:
                return None
            return self._read(tag, spot, outside, occluded)
        except KeyError as error:
            self._reading.refuse(where, f"{tag} lacks {error}")
        except (ValueError, BleedkitError) as error:
            self._reading.refuse(where, str(error))
        return None

    def _read(self, tag: str, spot: Spot, outside: bool, occluded: bool) -> Found | None:
        automatic = {"state": LabelState.MODEL} if self._track.get("source") == _AUTO else {}
        fields = {name: value for name, value in self._said.items() if value}
        if fields.pop(OF_FRAME, str(spot.frame)) != str(spot.frame):
            fields = {}  # CVAT copied them from another frame's shape: they say nothing of this one
        said = LabelFields.read({**automatic, **fields})
        size = self._reading.cohort.clips[spot.clip_id].size
        if tag == "points":
            corners = _pairs(self._shape["points"])
            if len(corners) != 1:
                raise ValueError(f"a point shape must be one point, got {len(corners)}")
            xy = (math.nan, math.nan) if outside else _held(corners[0], size)
            return self._reading.point(spot, xy, not occluded, said)
        if tag == "mask":
            runs = tuple(map(int, self._shape["rle"].split(",")))
            region = BoxRuns(runs, *(int(self._shape[key]) for key in ("left", "top", "width", "height")))
            exported = self._shapes.get(said.label_id) == region.digest  # packing it again is most of the time
            same = self._reading.same_mask(spot, said) if exported else None
            return same or self._reading.mask(spot, region.mask(size), said)
        if tag == "polygon":
            return self._reading.mask(spot, polygon_mask(_pairs(self._shape["points"]), size), said)
        self._reading.losses.add(f"{tag} shape")
        self._exported.nameless.add(said.label_id)
        return None


def _held(xy: tuple[float, float], size: ImageSize) -> tuple[float, float]:
    """The same, but for the far borders, on which CVAT lets a point lie and to which it rounds: just inside of them."""
    x, y = xy
    half = _LAST_DIGIT / 2
    return size.width - half if x == size.width else x, size.height - half if y == size.height else y


def _pairs(text: str) -> list[tuple[float, float]]:
    pairs = []
    for pair in text.split(";"):
        x, _, y = pair.partition(",")
        if not (math.isfinite(float(x)) and math.isfinite(float(y))):
            raise ValueError(f"coordinates must be finite, got {pair!r}")
        pairs.append((float(x), float(y)))
    return pairs
