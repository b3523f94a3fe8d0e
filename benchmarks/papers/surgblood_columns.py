"""The columns that SurgBlood's tables share, and what has to be known of all of them."""

from typing import Final

from .paper_table import Column, Note

_PROTOCOL, _SET = "region-point", "SurgBlood"
REGION: Final = "Bleeding region: SurgBlood"
HEMOSET_GROUP: Final = "Bleeding region: HemoSet [25]"
POINT: Final = "Bleeding point: SurgBlood"

IOU: Final = Column("IoU ↑", "iou", "%", _PROTOCOL, _SET)
DICE: Final = Column("Dice ↑", "dice", "%", _PROTOCOL, _SET)
HEMOSET_IOU: Final = Column("IoU ↑", "iou", "%", "hemoset-zero-shot", "HemoSet", HEMOSET_GROUP)
HEMOSET_DICE: Final = Column("Dice ↑", "dice", "%", "hemoset-zero-shot", "HemoSet", HEMOSET_GROUP)
PCK_2: Final = Column("PCK-2% ↑", "pck_2", "%", _PROTOCOL, _SET)
PCK_5: Final = Column("PCK-5% ↑", "pck_5", "%", _PROTOCOL, _SET)
PCK_10: Final = Column("PCK-10% ↑", "pck_10", "%", _PROTOCOL, _SET)
PCK: Final = (PCK_2, PCK_5, PCK_10)
# 91.58 M are BlooDet's trainable parameters; the frozen PWC-Net is not among them.
PARAMETERS: Final = Column("Params (M) ↓", "parameters", "M", _PROTOCOL, _SET, here="trainable", decimals=1)

LEAK: Final = Note(
    "The split is drawn at random over clips (Sect. 5.1), 75 to train and 20 to test, of 42 operations (Sect. 3.1): a "
    "patient can be in both parts."
)
ONE_RUN: Final = Note(
    "80 of the 84 PCK figures of Tables 2, 4, 5 and 7 are a count of 607 frames, rounded or cut off, as of single "
    "runs; means over seeds would mostly lie between."
)
SPREADS: Final = Note(
    "What ± is over is not said. Were it runs, the ± of Dice would be that of IoU times 2 / (1 + IoU)², as Dice is "
    "2·IoU / (1 + IoU); of the 34 pairs of Tables 2 and 3, two keep to that."
)
