"""SurgBlood (Pei et al., CVPR 2026, arXiv:2503.22174) Tables 5 to 7 and Figure 8: what BlooDet's parts are worth.

Our variants are named after their setting: `bloodet@no_edge` is `BlooDet(edge="none")`; docs/bloodet.md lists them.
"""

from dataclasses import replace
from typing import Final

from .paper_table import Note, PaperTable
from .printed import printed
from .surgblood_columns import DICE, IOU, LEAK, ONE_RUN, PARAMETERS, PCK

_FIVE: Final = """
× | × | 56.22 | 71.98 | 13.18 | 45.14 | 75.78
✓ | × | 64.38 | 78.36 | 12.52 | 42.83 | 75.94
× | ✓ | 61.20 | 75.93 | 14.33 | 51.57 | 80.89
✓ | ✓ | 64.88 | 78.70 | 18.62 | 55.85 | 83.69
"""

_SIX: Final = """
w/o Edge generator   | 61.20 | 75.93 | 90.99
w/o Laplacian Filter | 62.41 | 76.85 | 91.58
w/o F_1 & F_2        | 64.74 | 78.60 | 91.55
Edge generator       | 64.88 | 78.70 | 91.58
"""

_SEVEN: Final = """
w/o optical flow | 14.17 | 45.47 | 77.10
Global           | 15.49 | 49.59 | 82.00
Foreground       | 12.03 | 41.02 | 71.99
Background       | 18.62 | 55.85 | 83.69
"""

_EIGHT: Final = """
w/o point prompt | ? | ? | ? | ? | ?
w/o mask map     | ? | ? | ? | ? | ?
w/o mask memory  | ? | ? | ? | ? | ?
BlooDet          | ? | ? | ? | ? | ?
"""

_PARAMS: Final = replace(PARAMETERS, title="# Params (M)", decimals=2)

TABLES: Final = (
    PaperTable(
        name="surgblood-5",
        paper="SurgBlood",
        title="Table 5",
        page="8",
        caption="Ablations for key components of BlooDet on SurgBlood test set. EG and PMM: edge generator and point "
        "memory modeling.",
        panels=(
            printed(
                _FIVE,
                ("EG", "PMM"),
                (IOU, DICE, *PCK),
                entries={
                    "× ×": "bloodet@no_edge_no_point_memory",
                    "✓ ×": "bloodet@no_point_memory",
                    "× ✓": "bloodet@no_edge",
                    "✓ ✓": "bloodet",
                },
            ),
        ),
        notes=(
            LEAK,
            ONE_RUN,
            Note(
                "Dice does not follow from the IoU beside it: 2·IoU / (1 + IoU) is 78.33.",
                rows=("✓ ×",),
                columns=(DICE.key,),
            ),
        ),
        subject="BlooDet",
    ),
    PaperTable(
        name="surgblood-6",
        paper="SurgBlood",
        title="Table 6",
        page="8",
        caption="Influence of edge generator for bleeding region detection.",
        panels=(
            printed(
                _SIX,
                ("Configs",),
                (IOU, DICE, _PARAMS),
                entries={
                    "w/o Edge generator": "bloodet@no_edge",
                    "w/o Laplacian Filter": "bloodet@no_laplacian",
                    "w/o F_1 & F_2": "bloodet@no_high_res",
                    "Edge generator": "bloodet",
                },
            ),
        ),
        notes=(
            LEAK,
            Note("Trainable parameters; the frozen PWC-Net is not among them.", columns=(_PARAMS.key,)),
        ),
        subject="BlooDet",
    ),
    PaperTable(
        name="surgblood-7",
        paper="SurgBlood",
        title="Table 7",
        page="8",
        caption="Ablations for optical flow operation via mask maps.",
        panels=(
            printed(
                _SEVEN,
                ("Mask Map",),
                PCK,
                entries={
                    "w/o optical flow": "bloodet@no_flow",
                    "Global": "bloodet@flow_global",
                    "Foreground": "bloodet@flow_foreground",
                    "Background": "bloodet",
                },
            ),
        ),
        notes=(LEAK, ONE_RUN),
        subject="BlooDet",
    ),
    PaperTable(
        name="surgblood-8",
        paper="SurgBlood",
        title="Figure 8",
        page="8",
        caption="Effect of mutual guidance between two branches. The paper has seven tables.",
        panels=(
            printed(
                _EIGHT,
                ("Guidance",),
                (IOU, DICE, *PCK),
                entries={
                    "w/o point prompt": "bloodet@no_point_prompt",
                    "w/o mask map": "bloodet@flow_global",
                    "w/o mask memory": "bloodet@no_mask_memory",
                    "BlooDet": "bloodet",
                },
            ),
        ),
        notes=(
            LEAK,
            Note("A chart; neither it nor the text prints its figures, or says which of these metrics it shows."),
            Note(
                "Read as flow over the whole picture, the `Global` of Table 7: without a mask map there is nothing to "
                "choose the background by.",
                rows=("w/o mask map",),
            ),
        ),
        subject="BlooDet",
    ),
)
