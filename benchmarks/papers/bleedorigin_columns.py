"""The columns that BleedOrigin's tables share, and what has to be known of all of them."""

from dataclasses import replace
from typing import Final

from .paper_table import Column, Note

_SET: Final = "BleedOrigin-Bench"


def _onset(title: str, metric: str) -> Column:
    return Column(title, metric, "frames" if metric == "mean_abs_error" else "%", "onset", _SET)


def _point(title: str, metric: str) -> Column:
    return Column(title, metric, "px" if metric == "mean_error" else "%", "source", _SET)


ONSET_ERROR: Final = _onset("Err_avg^ibf ↓", "mean_abs_error")
ONSET_ACCURACY: Final = tuple(_onset(f"±≤{frames}", f"acc_{frames}") for frames in (0, 1, 2, 4, 8))
ACCURACY_16: Final = _onset("±≤16", "acc_16")
POINT_ERROR: Final = _point("Err_avg ↓", "mean_error")
SOURCE: Final = (*(_point(f"≤{px} px", f"acc_{px}") for px in (10, 25, 50, 75, 100)), POINT_ERROR)
TRACK: Final = tuple(replace(column, protocol="track") for column in SOURCE)

PATIENTS: Final = Note(
    "The parts have 25 + 6 + 8 = 39 patients; 44 are stated (Sect. 3.3.1). Their 319 + 68 + 98 clips are all 485."
)
ONSET_COUNTS: Final = Note(
    "No row is a count of the 98 test clips. In Table 5 YOLOv11-s is one of 42, YOLOv11-m of 63, YOLOv12-n of 29 (at "
    "confidence 0.25) and 73 (at 0.10), as if only clips with a detection counted; the authors' own row is no count up "
    "to 700."
)
SOURCE_COUNTS: Final = Note(
    "No row is a count of the 98 test clips. YOLOv11-m is one of 78, YOLOv11-s, -n, YOLOv12-s and -n of 86, Qwen2.5-VL "
    "of 85, as if only clips with an answer counted; the authors' own row is no count up to 700."
)
OWN_COUNTS: Final = Note("No row is a count of the 98 test clips, or of any number up to 700.")
PIXELS: Final = Note(
    "The frames have two sizes, 1240x1080 and 780x670 (Sect. 3.1); whether a pixel of both counts alike is not said. "
    "Ours are pixels of a frame 1240 wide."
)
YOLO_ROWS: Final = ("YOLOv11-s", "YOLOv11-n", "YOLOv11-m", "YOLOv12-s", "YOLOv12-n", "YOLOv12-m")
