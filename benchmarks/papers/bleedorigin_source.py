"""BleedOrigin (Xu et al. 2025, arXiv:2507.15094) Tables 4 and 6: the source in the first bleeding frame."""

from dataclasses import replace
from typing import Final

from .bleedorigin_columns import PATIENTS, PIXELS, SOURCE, SOURCE_COUNTS
from .paper_table import Column, Note, PaperTable
from .printed import printed

_FOUR: Final = """
YOLOv11-s                       | 1.16  | 11.63 | 25.58 | 37.21 | 50.00 | 146.91
YOLOv11-n                       | 3.49  | 8.14  | 23.26 | 33.72 | 43.02 | 160.31
YOLOv11-m                       | 2.56  | 12.82 | 21.79 | 30.77 | 38.46 | 149.80
YOLOv12-s                       | 2.33  | 15.12 | 39.53 | 51.16 | 61.63 | 110.11
YOLOv12-n                       | 2.33  | 10.47 | 26.74 | 38.37 | 52.33 | 132.24
YOLOv12-m                       | 1.18  | 10.59 | 31.76 | 45.24 | 60.00 | 124.19
ChatGPT-4o [44]                 | 2.35  | 2.35  | 7.06  | 21.18 | 28.82 | 160.94
Claude-3.5 [1]                  | 0.00  | 0.00  | 9.41  | 17.65 | 32.65 | 161.54
Gemini-2.5-Pro [16]             | 0.00  | 2.35  | 18.24 | 25.29 | 34.71 | 152.55
Qwen2.5-VL [3]                  | 2.35  | 7.06  | 16.47 | 29.41 | 40.00 | 154.85
BleedOrigin-Detect-Pixel (Ours) | 10.25 | 15.78 | 43.50 | 58.05 | 70.24 | 68.71
"""

_SIX: Final = """
YOLOv11-s [28] | 0.00 | 0.00 | 0.00 | 0.00 | 0.00 | 0.39 | 0.00 | 0.00 | 0.00 | 0.00 | 0.00 | 2.14 | 1.16 | 11.63 | 25.58 | 37.21 | 50.00 | 146.91
YOLOv11-n [28] | 0.00 | 0.00 | 0.00 | 0.00 | 0.00 | 0.12 | 0.00 | 0.00 | 0.00 | 0.00 | 0.00 | 2.77 | 3.49 | 8.14  | 23.26 | 33.72 | 43.02 | 160.31
YOLOv11-m [28] | 0.00 | 0.00 | 0.00 | 0.00 | 0.00 | 0.22 | 0.00 | 0.00 | 0.00 | 0.00 | 0.41 | 2.73 | 2.56 | 12.82 | 21.79 | 30.77 | 38.46 | 149.80
YOLOv12-s [66] | 0.00 | 0.00 | 0.00 | 0.00 | 0.21 | 1.32 | 0.00 | 0.00 | 0.00 | 0.00 | 0.21 | 1.48 | 2.33 | 15.12 | 39.53 | 51.16 | 61.63 | 110.11
YOLOv12-n [66] | 0.00 | 0.00 | 0.00 | 0.00 | 0.21 | 1.77 | 0.00 | 0.00 | 0.00 | 0.00 | 0.08 | 2.45 | 2.33 | 10.47 | 26.74 | 38.37 | 52.33 | 132.24
YOLOv12-m [66] | 0.00 | 0.00 | 0.00 | 0.00 | 0.72 | 2.89 | 0.00 | 0.00 | 0.00 | 0.00 | 0.31 | 3.28 | 1.18 | 10.59 | 31.76 | 45.24 | 60.00 | 124.19
"""  # noqa: E501 - a printed row is a line

_HEADS_OF_SIX: Final = ("±≤0", "±≤1", "±≤2", "±≤4", "±≤8", "±≤16")


def _at(confidence: str) -> tuple[Column, ...]:
    """The columns under one head of Table 6, titled as printed, which is as in Table 5."""
    setting = f"at confidence {confidence}"
    return tuple(
        replace(column, title=title, group=f"Conf. = {confidence}", setting=setting)
        for title, column in zip(_HEADS_OF_SIX, SOURCE, strict=True)
    )


_COLUMNS: Final = (*_at("0.25"), *_at("0.10"), *_at("0.01"))

TABLES: Final = (
    PaperTable(
        name="bleedorigin-4",
        paper="BleedOrigin",
        title="Table 4",
        page="17",
        caption="Performance on detecting the initial bleeding source: predictions within pixel distances.",
        panels=(printed(_FOUR, ("Method",), SOURCE, entries={"BleedOrigin-Detect-Pixel (Ours)": "source"}),),
        notes=(
            PATIENTS,
            PIXELS,
            SOURCE_COUNTS,
            Note(
                "All other figures of this row are a count of 85; this one is of 84.",
                rows=("YOLOv12-m",),
                columns=("≤75 px",),
            ),
            Note(
                "All other figures of this row are a count of 85; this one is not.",
                rows=("Claude-3.5 [1]",),
                columns=("≤100 px",),
            ),
            Note("Called Gemini 1.5 Pro in Sect. 5.2.", rows=("Gemini-2.5-Pro [16]",)),
            Note("A count of 170, and not of the 85 of Qwen2.5-VL.", rows=("ChatGPT-4o [44]", "Gemini-2.5-Pro [16]")),
            Note(
                'Sect. 7.1 says that the language models reach "only <40.00%".',
                rows=("Qwen2.5-VL [3]",),
                columns=("≤100 px",),
            ),
        ),
    ),
    PaperTable(
        name="bleedorigin-6",
        paper="BleedOrigin",
        title="Table 6",
        page="18",
        caption="Pixel accuracy under different confidence thresholds.",
        panels=(printed(_SIX, ("Method",), _COLUMNS),),
        notes=(
            PATIENTS,
            PIXELS,
            SOURCE_COUNTS,
            Note(
                "Caption and heads speak of ±k frames. Under 0.01 the columns repeat Table 4: within 10, 25, 50, 75 "
                "and 100 px, and the mean error in pixels under ±≤16. All three blocks are read so."
            ),
            Note(
                "An error in pixels as under 0.01 this cannot be, as next to nothing lies within 100 px.",
                columns=tuple(f"Conf. = {confidence}: ±≤16" for confidence in ("0.25", "0.10")),
            ),
        ),
    ),
)
