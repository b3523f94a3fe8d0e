"""hemoset-zero-shot: models trained on SurgBlood, asked on HemoSet's animals (SurgBlood Table 2, HemoSet columns)."""

from dataclasses import replace

from ..metrics import boundary, overlap
from . import region_point

SPEC = replace(
    region_point.SPEC,
    name="hemoset-zero-shot",
    title="Bleeding region of HemoSet, zero-shot",
    tables=("SurgBlood Table 2",),
    input=(
        "Each clip from its first frame on, one frame after the other and at its own rate (HemoSet's videos have 30 "
        "frames a second, SurgBlood's 2). Nothing of this cohort was trained on."
    ),
    split_rule=(
        "Every clip of the cohort with a region label; the training was on another cohort, with no patient in common."
    ),
    truth_rule=(
        "Regions drawn by people that nobody rejected, the most trusted where several are, on the frames that have "
        "one; the union of a frame's regions, stretched to 512x512 as SurgBlood's code does, and cut at one half. "
        "HemoSet labels blood, pooled blood too, where SurgBlood labels the bleeding region. An answer that a model "
        "owes counts as missed."
    ),
    metrics=(*overlap.METRICS, *boundary.METRICS),
    part="",
)
