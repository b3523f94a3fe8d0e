"""Where a phantom clip is set: the sites of SurgBlood, HemoSet and BleedOrigin, and what is usual at each."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class SceneKind(StrEnum):
    """Through a rigid laparoscope into the belly, or through a flexible endoscope onto a dissected mucosa (ESD)."""

    LAPAROSCOPIC = "laparoscopic"
    ENDOSCOPIC = "endoscopic"


class Bed(StrEnum):
    """The tissue a source sits in."""

    GALLBLADDER = "gallbladder"
    LIVER = "liver"
    FAT = "fat"
    VESSEL = "vessel"
    SUBMUCOSA = "submucosa"


@dataclass(frozen=True)
class Site:
    """view_mm: width of the field at rest. rate_ul_s: a usual bleeding rate, microlitres a second.

    wander_s: how long the camera goes one way before it turns; a flexible tip in a moving gut is never still.
    """

    kind: SceneKind
    bed: Bed
    view_mm: float
    rate_ul_s: float
    wander_s: float


def _laparoscopic(bed: Bed, rate_ul_s: float) -> Site:
    return Site(SceneKind.LAPAROSCOPIC, bed, view_mm=64.0, rate_ul_s=rate_ul_s, wander_s=1.7)


def _endoscopic(rate_ul_s: float) -> Site:
    return Site(SceneKind.ENDOSCOPIC, Bed.SUBMUCOSA, view_mm=27.0, rate_ul_s=rate_ul_s, wander_s=0.7)


# SurgBlood's four bleeding types, HemoSet's one kind of operation, BleedOrigin's eight sites.
SITES: Final = {
    "gallbladder": _laparoscopic(Bed.GALLBLADDER, 27.0),
    "cystic triangle": _laparoscopic(Bed.FAT, 33.0),
    "vessel": _laparoscopic(Bed.VESSEL, 54.0),
    "gallbladder bed": _laparoscopic(Bed.LIVER, 42.0),
    "porcine neck": _laparoscopic(Bed.FAT, 36.0),
    "gastric antrum": _endoscopic(9.6),
    "gastric body": _endoscopic(12.0),
    "duodenum": _endoscopic(8.4),
    "ascending colon": _endoscopic(7.2),
    "esophagus": _endoscopic(8.4),
    "sigmoid colon": _endoscopic(7.2),
    "cardia": _endoscopic(10.8),
    "lesser curvature": _endoscopic(10.8),
}
