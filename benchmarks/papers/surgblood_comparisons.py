"""SurgBlood (Pei et al., CVPR 2026, arXiv:2503.22174) Tables 2 to 4: BlooDet and 13 others."""

from dataclasses import replace
from typing import Final

from .paper_table import Note, PaperTable
from .printed import printed
from .surgblood_columns import (
    DICE,
    HEMOSET_DICE,
    HEMOSET_IOU,
    IOU,
    LEAK,
    ONE_RUN,
    PARAMETERS,
    PCK,
    POINT,
    REGION,
    SPREADS,
)

_BLOODET: Final = {"BlooDet (Ours) -": "bloodet"}

_TWO: Final = """
Swin-UNet† [2]     | ECCV'22    | 34.83 ± 0.15 | 51.67 ± 0.20 | 29.86 ± 0.12 | 45.99 ± 0.17 | 1.65 ± 0.12 | 11.70 ± 0.18 | 37.23 ± 0.22 | 27.2M
SAM† [15]          | ICCV'23    | 37.94 ± 0.17 | 55.01 ± 0.23 | 38.81 ± 0.18 | 55.91 ± 0.21 | 4.61 ± 0.14 | 25.86 ± 0.19 | 60.79 ± 0.21 | 93.9M
MemSAM† [9]        | CVPR'24    | 52.84 ± 0.16 | 69.14 ± 0.22 | 46.89 ± 0.17 | 63.84 ± 0.24 | 5.27 ± 0.13 | 31.80 ± 0.24 | 64.91 ± 0.18 | 133.5M
STDDNet† [4]       | ICCV'25    | 47.49 ± 0.18 | 64.39 ± 0.19 | 43.98 ± 0.16 | 61.10 ± 0.26 | 1.48 ± 0.14 | 13.67 ± 0.17 | 45.80 ± 0.20 | 38.2M
SAM 2† [34]        | ICLR'25    | 50.93 ± 0.12 | 67.49 ± 0.14 | 56.53 ± 0.19 | 72.02 ± 0.24 | 12.35 ± 0.17 | 41.68 ± 0.21 | 71.99 ± 0.26 | 81.0M
HRNet* [37]        | CVPR'19    | 48.90 ± 0.12 | 65.68 ± 0.17 | 48.07 ± 0.18 | 64.93 ± 0.26 | 1.98 ± 0.15 | 15.98 ± 0.18 | 47.28 ± 0.23 | 63.6M
SimCC* [18]        | ECCV'22    | 51.02 ± 0.17 | 67.57 ± 0.20 | 51.62 ± 0.19 | 68.09 ± 0.23 | 3.62 ± 0.13 | 17.30 ± 0.20 | 48.76 ± 0.16 | 66.3M
GTPT* [42]         | ECCV'24    | 41.10 ± 0.14 | 58.26 ± 0.18 | 50.27 ± 0.20 | 66.91 ± 0.22 | 3.29 ± 0.11 | 15.98 ± 0.25 | 38.55 ± 0.18 | 16.7M
D-CeLR* [7]        | ECCV'24    | 51.30 ± 0.19 | 67.82 ± 0.19 | 50.85 ± 0.21 | 67.42 ± 0.25 | 2.97 ± 0.12 | 24.22 ± 0.24 | 63.92 ± 0.17 | 53.4M
CalibratedSL* [11] | TMI'25     | 36.96 ± 0.16 | 53.97 ± 0.16 | 44.59 ± 0.16 | 61.68 ± 0.19 | 3.46 ± 0.14 | 15.82 ± 0.22 | 39.70 ± 0.13 | 6.6M
PAINet [8]         | MICCAI'23  | 44.14 ± 0.14 | 61.24 ± 0.15 | 53.78 ± 0.17 | 69.87 ± 0.21 | 2.47 ± 0.19 | 15.48 ± 0.26 | 48.43 ± 0.20 | 13.6M
PitSurgRT [23]     | IJCARS'24  | 30.48 ± 0.15 | 46.72 ± 0.17 | 27.11 ± 0.18 | 42.65 ± 0.24 | 2.47 ± 0.18 | 13.84 ± 0.23 | 41.68 ± 0.18 | 67.3M
ConsisTNet [24]    | IJCARS'25  | 40.43 ± 0.16 | 57.59 ± 0.18 | 49.76 ± 0.22 | 66.45 ± 0.26 | 7.09 ± 0.15 | 32.83 ± 0.19 | 68.15 ± 0.21 | 143.5M
BlooDet (Ours)     | -          | 64.88 ± 0.09 | 78.70 ± 0.09 | 59.62 ± 0.15 | 74.70 ± 0.20 | 18.62 ± 0.13 | 55.85 ± 0.18 | 83.69 ± 0.23 | 91.6M
"""  # noqa: E501 - a printed row is a line

_THREE: Final = """
Swin-UNet [2]  | ECCV'22 | 41.31 ± 0.18 | 58.47 ± 0.17
SAM [15]       | ICCV'23 | 40.43 ± 0.13 | 57.49 ± 0.15
MemSAM [9]     | CVPR'24 | 55.34 ± 0.23 | 71.28 ± 0.13
STDDNet [4]    | ICCV'25 | 50.42 ± 0.17 | 67.04 ± 0.15
SAM 2 [34]     | ICLR'25 | 63.51 ± 0.11 | 77.68 ± 0.19
BlooDet (Ours) | -       | 64.88 ± 0.09 | 78.70 ± 0.09
"""

_FOUR: Final = """
HRNet [37]        | CVPR'19 | 3.13 ± 0.17  | 15.98 ± 0.24 | 44.31 ± 0.19
SimCC [18]        | ECCV'22 | 2.14 ± 0.18  | 14.99 ± 0.22 | 46.95 ± 0.11
GTPT [42]         | ECCV'24 | 2.80 ± 0.15  | 13.01 ± 0.20 | 38.38 ± 0.26
D-CeLR [7]        | ECCV'24 | 5.10 ± 0.16  | 27.67 ± 0.28 | 60.13 ± 0.27
CalibratedSL [11] | TMI'25  | 3.13 ± 0.15  | 15.82 ± 0.23 | 35.42 ± 0.24
BlooDet (Ours)    | -       | 18.62 ± 0.13 | 55.85 ± 0.18 | 83.69 ± 0.23
"""

_REGION: Final = (replace(IOU, group=REGION), replace(DICE, group=REGION), HEMOSET_IOU, HEMOSET_DICE)
_POINT: Final = tuple(replace(column, group=POINT) for column in PCK)
_HEADS: Final = ("Methods", "Volumes")

TABLES: Final = (
    PaperTable(
        name="surgblood-2",
        paper="SurgBlood",
        title="Table 2",
        page="7",
        caption="Overall comparison with task-related methods on SurgBlood test set and HemoSet [25] dataset. † and *: "
        "region- and point-level models with an additional point or region prediction head for dual-task learning.",
        panels=(
            printed(_TWO, _HEADS, (*_REGION, *_POINT, PARAMETERS), entries={**_BLOODET, "SAM 2† [34] ICLR'25": "sam2"}),
        ),
        notes=(
            LEAK,
            SPREADS,
            ONE_RUN,
            Note(
                "Dice does not follow from the IoU beside it, as it does where both are of one count of pixels: 2·IoU "
                "/ (1 + IoU) is 72.23 for SAM 2† and 69.94 for PAINet.",
                rows=("SAM 2† [34] ICLR'25", "PAINet [8] MICCAI'23"),
                columns=(HEMOSET_DICE.key,),
            ),
            Note(
                "Paper: not said of what; 91.58 M are BlooDet's trainable parameters without the frozen PWC-Net. Ours: "
                "trainable parameters.",
                columns=(PARAMETERS.key,),
            ),
        ),
    ),
    PaperTable(
        name="surgblood-3",
        paper="SurgBlood",
        title="Table 3",
        page="7",
        caption="Comparison with region-specific methods on SurgBlood.",
        panels=(printed(_THREE, _HEADS, (IOU, DICE), entries=_BLOODET),),
        notes=(
            LEAK,
            SPREADS,
            Note(
                "Dice does not follow from the IoU beside it, as it does where both are of one count of pixels: 2·IoU "
                "/ (1 + IoU) is 57.58 for SAM and 71.25 for MemSAM.",
                rows=("SAM [15] ICCV'23", "MemSAM [9] CVPR'24"),
                columns=(DICE.key,),
            ),
        ),
    ),
    PaperTable(
        name="surgblood-4",
        paper="SurgBlood",
        title="Table 4",
        page="7",
        caption="Comparison with point-specific methods on SurgBlood.",
        panels=(printed(_FOUR, _HEADS, PCK, entries=_BLOODET),),
        notes=(LEAK, ONE_RUN),
    ),
)
