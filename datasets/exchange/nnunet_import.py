"""nnU-Net's label maps read back: a dataset's labels, or a folder of predictions."""

from collections.abc import Iterator
from pathlib import Path

from ..errors import BleedkitError
from ..images import read_gray
from ..json_file import read_json
from ..progress import track
from .label_fields import LabelFields
from .reading import Found, Reading, Spot


def read_nnunet(path: Path, reading: Reading) -> Iterator[Found]:
    """Regions of the maps in `labelsTr` and `labelsTs`, or of the PNG files in `path` itself.

    `dataset.json` lies there or one folder up. With one target, a map without it says that there is none; with several
    only targets that are there become regions. Raises BleedkitError where there is no such dataset.
    """
    labels = _labels(path)
    folders = [folder for folder in (path / "labelsTr", path / "labelsTs") if folder.is_dir()] or [path]
    files = sorted(file for folder in folders for file in folder.glob("*.png"))
    if not files:
        raise BleedkitError(f"{path} holds no label maps (*.png)", "name the dataset's folder, or that of predictions")
    for file in track(files, "nnU-Net", total=len(files)):
        try:
            yield from _regions(file, labels, reading)
        except (BleedkitError, ValueError) as error:
            reading.refuse(file.name, str(error))


def _labels(path: Path) -> dict[str, int]:
    found = [file for file in (path / "dataset.json", path.parent / "dataset.json") if file.is_file()]
    if not found:
        raise BleedkitError(f"{path} has no dataset.json, in it or above it", "copy the dataset's to it")
    document = read_json(found[0])[0]
    labels = document.get("labels") if isinstance(document, dict) else None
    if not isinstance(labels, dict) or not all(type(value) is int for value in labels.values()):
        raise BleedkitError(f"{found[0]}: labels must be numbers by name", "regions of several labels are not read")
    return {str(name): value for name, value in labels.items() if value != 0}


def _regions(file: Path, labels: dict[str, int], reading: Reading) -> Iterator[Found]:
    place = reading.frame_of_file(file.name)
    if place is None:
        raise ValueError("its name is no <clip>_<frame> of the cohort")
    clip = reading.clip_at(file.name, place)
    if clip is None:
        return
    pixels = read_gray(file)
    if pixels.shape != (clip.size.height, clip.size.width):
        raise ValueError(f"must be {clip.size} like clip {clip.clip_id}, got {pixels.shape[1]}x{pixels.shape[0]}")
    known = {0, *labels.values()}
    if strange := sorted(set(pixels.ravel().tolist()) - known):
        raise ValueError(f"holds value {strange[0]}, which dataset.json does not name")
    for target, value in labels.items():
        mask = pixels == value
        if mask.any() or len(labels) == 1:
            yield reading.mask(Spot(file.name, *place, target), mask, LabelFields())
