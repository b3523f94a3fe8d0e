"""TAP-Vid's arrays read back from npz; pickles are refused, as reading one runs whatever its author wrote into it."""

import math
import zipfile
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np

from ..errors import BleedkitError
from ..progress import track
from ..schema import Clip, MaskLabel, OnsetLabel, PointLabel
from .exported import Exported
from .label_fields import LabelFields
from .reading import Found, Reading, Spot
from .tapvid_export import EXPORTED, REALS

MAX_BYTES: Final = 4 << 30
_ARRAYS: Final = ("points", "occluded")
_BY_FRAME: Final = ("labelled", "located", "label_id", "review", *REALS)
_BY_TRACK: Final = ("target", "annotator", "state")
_FLAGS: Final = ("occluded", "labelled", "located")
_PICKLE: Final = b"\x80"


def read_tapvid(path: Path, reading: Reading) -> Iterator[Found]:
    """Labels of an npz file, or of every `*.npz` below a folder. The clip is its `clip_id`, else the file's name.

    A file without `labelled` is TAP-Vid's own: every frame counts as labelled, and the position of an occluded point as
    unknown. Raises BleedkitError where a file is a pickle, no npz, or not of its clip's length.
    """
    files = sorted(path.rglob("*.npz")) if path.is_dir() else [path]
    if not files:
        raise BleedkitError(f"{path} holds no *.npz", "name the file that holds points and occluded")
    for file in track(files, "TAP-Vid", total=len(files)):
        arrays = _arrays(file)
        clip = _clip(file, arrays, reading)
        exported = Exported(file.name, partial(_is_of, clip))
        exported.ids.update(arrays.get(EXPORTED, np.array([], str)).tolist())
        yield from exported.watch(_labels(file, arrays, clip, reading), reading, len(reading.refused))


def _is_of(clip: Clip, row: PointLabel | MaskLabel | OnsetLabel) -> bool:
    return row.clip_id == clip.clip_id


def _arrays(path: Path) -> dict[str, np.ndarray]:
    with path.open("rb") as stream:
        head = stream.read(2)
    if head[:1] == _PICKLE or path.suffix.lower() in (".pkl", ".pickle"):
        what = f"{path} is a pickle, and reading one runs code that its author chose"
        raise BleedkitError(
            what, "ask for npz, or convert it where you trust it: numpy.savez(points=..., occluded=...)"
        )
    wanted = {*_ARRAYS, *_BY_FRAME, *_BY_TRACK, "clip_id", "size", EXPORTED}
    try:
        with zipfile.ZipFile(path) as archive:
            sizes = {info.filename.removesuffix(".npy"): info.file_size for info in archive.infolist()}
        if sum(size for name, size in sizes.items() if name in wanted) > MAX_BYTES:
            raise BleedkitError(f"{path} unpacks to more than {MAX_BYTES >> 30} GiB", "export fewer tracks to a file")
        with np.load(path, allow_pickle=False) as loaded:
            return {name: loaded[name] for name in wanted.intersection(loaded.files)}
    except (zipfile.BadZipFile, ValueError, EOFError, OSError, KeyError, NotImplementedError) as error:
        raise BleedkitError(f"{path} is no npz of plain arrays ({error})", "write it with numpy.savez") from error


def _clip(path: Path, arrays: Mapping[str, np.ndarray], reading: Reading) -> Clip:
    """The clip that the arrays are of, with their shapes checked against it."""
    clips = reading.cohort.clips
    named = str(arrays["clip_id"]) if "clip_id" in arrays else reading.clip_of_name.get(path.stem, path.stem)
    if named not in clips:
        raise BleedkitError(f"{path}: {named!r} is no clip of {reading.cohort.folder}", "name the file after its clip")
    clip = clips[named]
    if missing := [name for name in _ARRAYS if name not in arrays]:
        raise BleedkitError(f"{path} has no array {missing[0]!r}", "write points and occluded")
    occluded, points = arrays["occluded"], arrays["points"]
    tracks = len(occluded) if occluded.ndim else 0
    shapes: dict[str, tuple[int, ...]] = {"points": (tracks, clip.n_frames, 2)}
    shapes |= {name: (tracks, clip.n_frames) for name in ("occluded", *_BY_FRAME) if name in arrays}
    shapes |= {name: (tracks,) for name in _BY_TRACK if name in arrays}
    for name, shape in shapes.items():
        if arrays[name].shape != shape:
            raise BleedkitError(f"{path}: {name} must be {shape} for clip {named}, got {arrays[name].shape}")
    if EXPORTED in arrays and (arrays[EXPORTED].ndim != 1 or arrays[EXPORTED].dtype.kind != "U"):
        raise BleedkitError(f"{path}: {EXPORTED} must be a row of texts, got {arrays[EXPORTED].dtype}")
    if points.dtype.kind != "f":
        raise BleedkitError(f"{path}: points must be floats, got {points.dtype}")
    for name in _FLAGS:
        if name in arrays and arrays[name].dtype != np.bool_:
            raise BleedkitError(f"{path}: {name} must be bools, got {arrays[name].dtype}")
    size = [clip.size.width, clip.size.height]
    if "size" in arrays and arrays["size"].tolist() != size:
        raise BleedkitError(f"{path}: size must be {size} like clip {named}, got {arrays['size'].tolist()}")
    return clip


def _labels(path: Path, arrays: Mapping[str, np.ndarray], clip: Clip, reading: Reading) -> Iterator[Found]:
    occluded = arrays["occluded"]
    labelled, located = arrays.get("labelled", np.ones_like(occluded)), arrays.get("located", ~occluded)
    pixels = np.asarray(arrays["points"], np.float64) * [clip.size.width, clip.size.height]
    for number, frame in np.argwhere(labelled).tolist():
        where = f"{path.name} track {number} frame {frame}"
        target = str(arrays["target"][number]) if "target" in arrays else f"point{number}"
        x, y = pixels[number, frame].tolist() if located[number, frame] else (math.nan, math.nan)
        try:
            said = LabelFields.read(_fields(arrays, number, frame))
            visible = not occluded[number, frame]
            found = reading.point(Spot(where, clip.clip_id, frame, target), (x, y), visible, said)
        except ValueError as error:
            reading.refuse(where, str(error))
            continue
        if found is not None:
            yield found


def _fields(arrays: Mapping[str, np.ndarray], number: int, frame: int) -> dict[str, Any]:
    by_frame = {name: arrays[name][number, frame].item() for name in ("label_id", "review", *REALS) if name in arrays}
    by_track = {name: arrays[name][number].item() for name in ("annotator", "state") if name in arrays}
    return {**by_frame, **by_track}
