"""CVAT for video 1.1 read back: keyframes of points, masks and polygons; frames that CVAT interpolated are left out."""

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from ..errors import BleedkitError
from ..labelme_shape import polygon_mask
from ..progress import track
from ..schema import Clip, ImageSize, LabelState
from .label_fields import LabelFields
from .reading import Found, Reading, Spot
from .run_lengths import BoxRuns
from .safe_xml import Start, read_xml

_SHAPES: Final = ("points", "mask", "polygon", "box", "polyline", "cuboid", "ellipse", "skeleton")
_AUTO: Final = "auto"


def read_cvat(path: Path, reading: Reading) -> Iterator[Found]:
    """Labels of a CVAT XML file, or of every `*.xml` below a folder.

    The clip is the one that the task or the file is named after. Raises BleedkitError where a file is no CVAT for video
    1.1, names no clip of the cohort, or is of another picture size.
    """
    files = sorted(path.rglob("*.xml")) if path.is_dir() else [path]
    if not files:
        raise BleedkitError(f"{path} holds no *.xml", "unpack CVAT's archive first")
    for file in track(files, "CVAT", total=len(files)):
        yield from _File(file, reading).labels()


class _File:
    """One file, element by element. _said: the shape's attributes by name."""

    def __init__(self, path: Path, reading: Reading) -> None:
        self._path, self._reading = path, reading
        self._meta: dict[str, str] = {}
        self._clip: Clip | None = None
        self._track: Mapping[str, str] = {}
        self._shape: Mapping[str, str] = {}
        self._said: dict[str, object] = {}
        self._attribute = ""

    def labels(self) -> Iterator[Found]:
        """Labels in the file's order; what cannot be one is a problem of the reading."""
        for element in read_xml(self._path):
            tag, parent = element.path[-1], element.path[-2] if len(element.path) > 1 else ""
            if isinstance(element, Start):
                self._start(element)
            elif element.path[:2] == ("annotations", "meta"):
                self._meta[f"{parent}/{tag}"] = element.text.strip()
            elif tag == "attribute" and self._shape:
                self._said[self._attribute] = element.text
            elif tag in _SHAPES and parent == "track":
                found = self._label(tag)
                self._shape = {}
                if found is not None:
                    yield found

    def _start(self, element: Start) -> None:
        tag = element.path[-1]
        if len(element.path) == 1 and tag != "annotations":
            raise BleedkitError(f"{self._path} is no CVAT file: its root is <{tag}>", "export CVAT for video 1.1")
        if tag == "image":
            raise BleedkitError(f"{self._path} is CVAT for images", "export it from CVAT as CVAT for video 1.1")
        if tag == "track":
            self._clip = self._clip or self._find_clip()
            self._track = element.attributes
        elif tag in _SHAPES:
            self._shape, self._said = element.attributes, {}
        elif tag == "attribute":
            self._attribute = element.attributes.get("name", "")

    def _find_clip(self) -> Clip:
        reading = self._reading
        name = self._meta.get("task/name", "")
        stem = reading.clip_of_name.get(self._path.stem, self._path.stem)
        clip = reading.cohort.clips.get(name) or reading.cohort.clips.get(stem)
        if clip is None:
            what = f"{self._path}: neither its task {name!r} nor its own name is a clip of {reading.cohort.folder}"
            raise BleedkitError(what, "name the file after the clip: <clip id>.xml")
        try:
            size = ImageSize(int(self._meta["original_size/width"]), int(self._meta["original_size/height"]))
        except (KeyError, ValueError):
            return clip
        if size != clip.size:
            raise BleedkitError(f"{self._path}: must be {clip.size} like clip {clip.clip_id}, got {size}")
        return clip

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
        said = LabelFields.read({**automatic, **{name: value for name, value in self._said.items() if value}})
        size = self._reading.cohort.clips[spot.clip_id].size
        if tag == "points":
            corners = _pairs(self._shape["points"])
            if len(corners) != 1:
                raise ValueError(f"a point shape must be one point, got {len(corners)}")
            return self._reading.point(spot, (math.nan, math.nan) if outside else corners[0], not occluded, said)
        if tag == "mask":
            runs = tuple(int(run) for run in self._shape["rle"].split(","))
            box = (int(self._shape[key]) for key in ("left", "top", "width", "height"))
            return self._reading.mask(spot, BoxRuns(runs, *box).mask(size), said)
        if tag == "polygon":
            return self._reading.mask(spot, polygon_mask(_pairs(self._shape["points"]), size), said)
        self._reading.losses.add(f"{tag} shape")
        return None


def _pairs(text: str) -> list[tuple[float, float]]:
    pairs = []
    for pair in text.split(";"):
        x, _, y = pair.partition(",")
        if not (math.isfinite(float(x)) and math.isfinite(float(y))):
            raise ValueError(f"coordinates must be finite, got {pair!r}")
        pairs.append((float(x), float(y)))
    return pairs
