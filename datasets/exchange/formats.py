"""The formats that a cohort goes to and comes from, and what each cannot hold."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ..cohort import Cohort
from .coco_export import export_coco
from .coco_import import read_coco
from .croissant import export_croissant
from .cvat_export import export_cvat
from .cvat_import import read_cvat
from .losses import Losses
from .nnunet_export import export_nnunet
from .nnunet_import import read_nnunet
from .reading import Found, Reading
from .selection import Selection
from .tapvid_export import export_tapvid
from .tapvid_import import read_tapvid
from .yolo_export import export_yolo
from .yolo_import import read_yolo

Writer = Callable[[Cohort, Path, Selection, Losses], dict[str, int]]
Reader = Callable[[Path, Reading], Iterator[Found]]


@dataclass(frozen=True)
class Format:
    """write: into an empty folder; returns counts by kind. read: None where the format holds no labels.

    tolerance_px: how far the format's own rounding may move a point. cannot_hold: by nature, whatever the cohort.
    """

    title: str
    write: Writer
    read: Reader | None
    tolerance_px: float
    cannot_hold: Sequence[str]


_RUNS: Final = "the runs behind provenance ids"
_OLD: Final = "replaced rows"
_FIELDS: Final = "ids, annotators, states, reviews and certainty"
_ONE: Final = "more than one label of a target in a frame"

FORMATS: Final[Mapping[str, Format]] = {
    "coco": Format("COCO, with videos", export_coco, read_coco, 1e-9, (_RUNS, _OLD)),
    "cvat": Format("CVAT for video 1.1", export_cvat, read_cvat, 0.01, ("onsets", "empty regions", _RUNS, _OLD)),
    "tapvid": Format("TAP-Vid arrays as npz", export_tapvid, read_tapvid, 1e-6, ("regions", "onsets", _RUNS, _OLD)),
    "nnunet": Format(
        "nnU-Net v2 raw dataset",
        export_nnunet,
        read_nnunet,
        0.0,
        ("points", "onsets", "regions that overlap", "unlabelled frames", _ONE, _FIELDS),
    ),
    "yolo": Format(
        "YOLO (Ultralytics), segmentation and pose",
        export_yolo,
        read_yolo,
        1e-6,
        ("holes of regions", "points without position", "onsets", "unlabelled frames", _ONE, _FIELDS),
    ),
    "croissant": Format("MLCommons Croissant 1.0", export_croissant, None, 0.0, ("pictures", _OLD)),
}
