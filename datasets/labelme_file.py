"""LabelMe's JSON files, read strictly and written back without loss.

LabelMe 6 itself accepts NaN, wrong numbers of vertices, unknown shape types, masks without data and image paths that
climb out of the folder; here each is a finding. Keys that LabelMe does not know are kept and written back.
"""

import base64
import binascii
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Final

from .errors import BleedkitError
from .images import decode_gray, image_size_of
from .problems import Problems
from .schema import ImageSize
from .transaction import write_atomic

MAX_BYTES: Final = 128 * 2**20
"""A 4K frame embedded as PNG takes some 30 MB; larger files are not label files."""

MAX_COORDINATE: Final = 1e6
"""No image is this wide; farther points are damage, and their squares would overflow."""

_VERTICES: Final[Mapping[str, tuple[int, float]]] = {
    "polygon": (3, math.inf),
    "rectangle": (2, 2),
    "oriented_rectangle": (4, 4),
    "point": (1, 1),
    "points": (1, math.inf),
    "line": (2, 2),
    "circle": (2, 2),
    "linestrip": (2, math.inf),
    "mask": (2, 2),
}
SHAPE_TYPES: Final = tuple(_VERTICES)


@dataclass(frozen=True)
class LabelMeShape:
    """One shape. points: (x, y) in LabelMe's own coordinates, of which `labelme_shape` tells more.

    mask: for `mask` shapes the base64 PNG, cropped to the box in `points`. stored: the JSON object it was read from;
    keys we do not know are written back from there.
    """

    label: str
    points: tuple[tuple[float, float], ...]
    shape_type: str
    group_id: int | None = None
    description: str | None = None
    flags: Mapping[str, bool] = field(default_factory=dict)
    mask: str | None = None
    stored: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The JSON object; an optional key that was not there and says nothing stays away."""
        optional = {
            "group_id": self.group_id,
            "description": self.description,
            "flags": dict(self.flags),
            "mask": self.mask,
        }
        points = [list(point) for point in self.points]
        needed = {"label": self.label, "points": points, "shape_type": self.shape_type}
        return _over(self.stored, needed, optional)


@dataclass(frozen=True)
class LabelMeFile:
    """One label file. image_path: relative, forward slashes. size: of the image as declared, None where it is not.

    image_data: the image file as base64, None where it is not embedded. stored: as in LabelMeShape.
    """

    image_path: str
    shapes: tuple[LabelMeShape, ...]
    size: ImageSize | None = None
    version: str = ""
    flags: Mapping[str, bool] = field(default_factory=dict)
    image_data: str | None = None
    stored: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The JSON object LabelMe opens."""
        path = self.stored.get("imagePath", "")
        needed = {
            "shapes": [shape.to_json() for shape in self.shapes],
            "imagePath": path if _forward(path) == self.image_path else self.image_path,
            "imageData": self.image_data,
        }
        optional = {
            "version": self.version,
            "flags": dict(self.flags),
            "imageHeight": self.size and self.size.height,
            "imageWidth": self.size and self.size.width,
        }
        return _over(self.stored, needed, optional)


def read_labelme(path: Path, problems: Problems, name: str, frame: int | None = None) -> LabelMeFile | None:
    """Read one file. A bad shape is an error and left out; a bad file is an error and gives None.

    name, frame: what the findings call the file.
    """

    def tell(what: str, remedy: str = "open it in LabelMe, correct it and save it again") -> None:
        problems.error("labelme", name, what, remedy, frame)

    try:
        if path.stat().st_size > MAX_BYTES:
            tell(f"file is larger than {MAX_BYTES >> 20} MiB", "save it without the image inside")
            return None
        return parse_labelme(path.read_bytes(), tell)
    except OSError as error:
        tell(f"cannot be read ({error.strerror})", "check the file and its permissions")
        return None


def parse_labelme(data: bytes, tell: Callable[[str], None]) -> LabelMeFile | None:
    """Read the bytes of a file; every fault goes to `tell`. None where not even the frame of the file is right."""
    try:
        values = json.loads(data.decode("utf-8-sig"), object_pairs_hook=_once)
        image_path = _image_path(values)
        size = _declared_size(values)
        image_data = _image_data(values, size)
        version = _typed(values, "version", str, "")
        flags = _flags(values)
        shapes = _typed(values, "shapes", list, None)
    except (ValueError, RecursionError) as error:
        tell(f"is not a LabelMe file: {_short(error)}")
        return None
    kept = [_shape(number, value, tell) for number, value in enumerate(shapes)]
    whole = tuple(shape for shape in kept if shape is not None)
    return LabelMeFile(image_path, whole, size, version, flags, image_data, values)


def write_labelme(path: Path, file: LabelMeFile) -> None:
    """Write the file as LabelMe does (UTF-8, indent 2), atomically. Raises BleedkitError where JSON cannot hold it."""
    try:
        text = json.dumps(file.to_json(), indent=2, ensure_ascii=False, allow_nan=False)
        write_atomic(path, text.encode())
    except ValueError as error:
        raise BleedkitError(f"{path}: cannot be written as JSON ({error})", "correct the value") from error


def _shape(number: int, value: object, tell: Callable[[str], None]) -> LabelMeShape | None:
    try:
        if not isinstance(value, dict):
            raise ValueError("wanted an object")
        label, kind = _typed(value, "label", str, None), _typed(value, "shape_type", str, None)
        if not label.strip() or not label.isprintable():
            raise ValueError("label is empty or holds control characters")
        points = _points(_typed(value, "points", list, None), kind)
        group = _typed(value, "group_id", int, None, optional=True)
        description = _typed(value, "description", str, None, optional=True)
        mask = _typed(value, "mask", str, None, optional=True)
        if kind == "mask":
            check_mask(mask, points)
        return LabelMeShape(label, points, kind, group, description, _flags(value), mask, value)
    except (ValueError, BleedkitError) as error:
        tell(f"shape {number} left out: {_short(error)}")
        return None


def _points(values: list[object], kind: str) -> tuple[tuple[float, float], ...]:
    if kind not in _VERTICES:
        raise ValueError(f"shape_type {kind!r} is none of {', '.join(SHAPE_TYPES)}")
    least, most = _VERTICES[kind]
    if not least <= len(values) <= most:
        wanted = f"{least}" if least == most else f"{least} or more"
        raise ValueError(f"a {kind} has {wanted} points, got {len(values)}")
    return tuple(_point(value) for value in values)


def _point(value: object) -> tuple[float, float]:
    if not isinstance(value, list) or len(value) != 2:
        raise ValueError(f"wanted a point [x, y], got {_short(value)}")
    x, y = value
    for number in (x, y):
        if isinstance(number, bool) or not isinstance(number, int | float) or not abs(number) <= MAX_COORDINATE:
            raise ValueError(f"wanted finite pixel coordinates, got {_short(value)}")
    return float(x), float(y)


def mask_box(points: tuple[tuple[float, float], ...]) -> tuple[int, int, int, int]:
    """First column and row, then last column and row, both inside the mask (LabelMe rounds its box to whole pixels)."""
    (x0, y0), (x1, y1) = points
    return round(x0), round(y0), round(x1), round(y1)


def check_mask(mask: str | None, points: tuple[tuple[float, float], ...]) -> None:
    """Raise ValueError or BleedkitError unless `mask` is a base64 PNG of just the size of its box."""
    if mask is None:
        raise ValueError("a mask shape needs mask data")
    x0, y0, x1, y1 = mask_box(points)
    data = base64_bytes(mask)
    if not data.startswith(b"\x89PNG"):
        raise ValueError("mask data is not a PNG")
    height, width = decode_gray(data, "mask data").shape
    if (width, height) != (x1 - x0 + 1, y1 - y0 + 1):
        raise ValueError(f"mask data is {width}x{height}, its box is {x1 - x0 + 1}x{y1 - y0 + 1}")


def base64_bytes(text: str) -> bytes:
    """Bytes of a base64 text. Raises ValueError where it is not one."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError(f"is not base64 ({error})") from None


def _image_path(values: object) -> str:
    if not isinstance(values, dict):
        raise ValueError("wanted an object")
    path = _forward(_typed(values, "imagePath", str, None))
    name = PurePosixPath(path)
    if not name.parts or name.is_absolute() or ".." in name.parts or ":" in name.parts[0] or not path.isprintable():
        raise ValueError(f"imagePath {_short(path)} is not a path inside the file's folder")
    return path


def _declared_size(values: Mapping[str, Any]) -> ImageSize | None:
    height = _typed(values, "imageHeight", int, None, optional=True)
    width = _typed(values, "imageWidth", int, None, optional=True)
    if height is None and width is None:
        return None
    if height is None or width is None:
        raise ValueError("imageHeight and imageWidth must both be there, or neither")
    return ImageSize(width, height)


def _image_data(values: Mapping[str, Any], size: ImageSize | None) -> str | None:
    text: str | None = _typed(values, "imageData", str, None, optional=True)
    if text is None:
        return None
    try:
        found = image_size_of(base64_bytes(text), "imageData")
    except BleedkitError as error:
        raise ValueError(error.what) from error
    if size is not None and found != size:
        raise ValueError(f"imageData is {found}, imageWidth and imageHeight say {size}")
    return text


def _flags(values: Mapping[str, Any]) -> dict[str, bool]:
    flags = _typed(values, "flags", dict, None, optional=True) or {}
    if not all(isinstance(value, bool) for value in flags.values()):
        raise ValueError("flags must be true or false")
    return flags


def _typed(values: Mapping[str, Any], key: str, kind: type, default: Any, *, optional: bool = False) -> Any:
    """The value of a key; `optional` ones may be missing or null. Raises ValueError for another type."""
    value = values.get(key, default)
    if value is None and optional:
        return None
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise ValueError(f"{key} must be {kind.__name__}, got {_short(value)}")
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return values


def _over(stored: Mapping[str, Any], needed: Mapping[str, Any], optional: Mapping[str, Any]) -> dict[str, Any]:
    """`stored` with our values in their places; empty optional ones leave a missing or null key as it was."""
    nothing: tuple[object, ...] = (None, "", {})
    said = {key: value for key, value in optional.items() if value not in nothing or stored.get(key) not in nothing}
    return {**stored, **needed, **said}


def _forward(path: str) -> str:
    return path.replace("\\", "/")


def _short(value: object) -> str:
    text = repr(value) if not isinstance(value, Exception) else str(value)
    return text if len(text) <= 120 else f"{text[:117]}..."
