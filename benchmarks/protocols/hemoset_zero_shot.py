"""hemoset-zero-shot: models trained on SurgBlood, asked on HemoSet's animals (SurgBlood Table 2, HemoSet columns)."""

from dataclasses import replace

from . import region_point

SPEC = replace(
    region_point.SPEC,
    name="hemoset-zero-shot",
    title="Bleeding region of HemoSet, zero-shot",
    tables=("SurgBlood Table 2",),
    input="Whole clips, one frame after the other; nothing of this cohort was trained on.",
    split_rule="Every clip of the cohort; the training was on another cohort, with no patient in common.",
    part="",
)
