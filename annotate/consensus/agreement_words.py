"""Agreement in words and rows of tables, the same on the page and in the terminal."""

from collections.abc import Iterator

import numpy as np

from ...models.point_tracker import REFERENCE_WIDTH
from .agreement import Agreement
from .bland_altman import BlandAltman
from .onset_agreement import LIMITS_S, OnsetAgreement
from .patient_interval import Estimate
from .point_agreement import AXES, LIMITS_DIAGONAL, LIMITS_PX, PointAgreement
from .region_agreement import RegionAgreement
from .votes import shown_name

Rows = Iterator[list[str]]
FEW_PATIENTS = 10


def estimate(found: Estimate, form: str = ".2f", unit: str = "", *, percent: bool = False) -> str:
    """A value, its interval over patients where there is one."""
    if not found.n:
        return "-"
    times, unit = (100.0, " %") if percent else (1.0, unit)
    form = ".0f" if percent else form
    value = f"{found.value * times:{form}}"
    if not np.isfinite(found.low):
        return f"{value}{unit}"
    return f"{value}{unit} ({found.low * times:{form}} to {found.high * times:{form}})"


def number(value: float, form: str = ".3f") -> str:
    """A number, or - where it is not defined."""
    return format(value, form) if np.isfinite(value) else "-"


def point_rows(points: PointAgreement) -> Rows:
    """What, value, of how many."""
    pairs = f"{points.median_px.n} pairs"
    yield ["median distance", estimate(points.median_px, ".1f", " px"), pairs]
    yield ["90 % are within", estimate(points.p90_px, ".1f", " px"), pairs]
    for limit in LIMITS_PX:
        yield [f"within {limit} px", estimate(points.within_px[limit], percent=True), pairs]
    yield ["median distance, of the diagonal", _diagonal(points.median_diagonal), pairs]
    yield ["90 % are within, of the diagonal", _diagonal(points.p90_diagonal), pairs]
    for share in LIMITS_DIAGONAL:
        found_share = estimate(points.within_diagonal[share], percent=True)
        yield [f"within {100 * share:.0f} % of the diagonal", found_share, pairs]
    yield ["agree whether it is visible", estimate(points.same_visibility, percent=True), f"{len(points.pairs)} pairs"]
    yield ["the same beyond chance (alpha, nominal)", number(points.visibility_alpha), f"{points.places} frames"]
    for axis in AXES:
        found = points.axes[axis]
        yield [f"{axis}: ICC(2,1), agreement", number(found.icc.agreement), f"{found.icc.n} frames"]
        yield [f"{axis}: ICC(3,1), consistency", number(found.icc.consistency), f"{found.icc.n} frames"]
        yield [f"{axis}: alpha, interval", number(found.alpha), f"{points.places} frames"]


def couple_rows(points: PointAgreement) -> Rows:
    """Each pair of people: frames, distance, offset by axis."""
    for couple in points.couples:
        if couple.pairs:
            yield [
                f"{shown_name(couple.a)} - {shown_name(couple.b)}",
                str(couple.pairs),
                str(couple.both_visible),
                number(couple.median_px, ".1f"),
                number(couple.p90_px, ".1f"),
                *(_offset(couple.offset[axis]) for axis in AXES),
                *(number(couple.icc[axis].agreement) for axis in AXES),
            ]


COUPLE_HEAD = (
    "",
    "frames",
    "both see it",
    "median px",
    "90 % px",
    *(f"{axis}: bias (limits), px" for axis in AXES),
    *(f"ICC(2,1) {axis}" for axis in AXES),
)


def region_rows(regions: RegionAgreement) -> Rows:
    """What, value, of how many."""
    both = f"{regions.boundary_mean.n} pairs"
    yield ["mean Dice", estimate(regions.dice, ".3f"), f"{regions.dice.n} pairs"]
    yield ["mean distance of outlines", estimate(regions.boundary_mean, ".2f", " px"), both]
    yield ["95 % Hausdorff distance", estimate(regions.hausdorff_95, ".2f", " px"), both]
    yield ["mean distance, of the diagonal", _diagonal(regions.boundary_diagonal), both]
    yield [
        "agree whether there is a region",
        estimate(regions.same_presence, percent=True),
        f"{len(regions.pairs)} pairs",
    ]
    yield ["the same beyond chance (alpha, nominal)", number(regions.presence_alpha), f"{regions.places} frames"]


def drawer_rows(regions: RegionAgreement) -> Rows:
    """Each person beside STAPLE's region."""
    for one in regions.drawers:
        yield [shown_name(one.name), number(one.sensitivity), number(one.specificity), str(one.frames)]


def onset_rows(onsets: OnsetAgreement) -> Rows:
    """What, value, of how many."""
    pairs = f"{onsets.median_frames.n} pairs"
    yield ["median difference", estimate(onsets.median_frames, ".1f", " frames"), pairs]
    yield ["median difference", estimate(onsets.median_s, ".2f", " s"), pairs]
    yield ["largest difference", number(onsets.worst_frames, ".0f") + " frames", pairs]
    for limit in LIMITS_S:
        yield [f"within {limit:g} s", estimate(onsets.within_s[limit], percent=True), pairs]
    for (a, b), found in onsets.offset.items():
        if found.n:
            name = f"{shown_name(a)} - {shown_name(b)}: bias (limits)"
            yield [name, f"{_offset(found)} frames", f"{found.n} clips"]
    yield ["agree whether it bleeds", estimate(onsets.same_bleeds, percent=True), f"{len(onsets.pairs)} pairs"]
    yield ["the same beyond chance (alpha, nominal)", number(onsets.bleeds_alpha), f"{onsets.clips} clips"]
    yield ["alpha, interval", number(onsets.alpha), f"{onsets.clips} clips"]


def limits_line(agreement: Agreement) -> str:
    """From when on people count as saying different things."""
    terms = agreement.terms
    return (
        f"People disagree where points lie more than {terms.within_px:g} px apart (of a picture {REFERENCE_WIDTH} px "
        f"wide), regions overlap by less than Dice {terms.dice:g}, onsets differ by more than {terms.within_s:g} s, or "
        "one of them sees nothing."
    )


def patients_line(agreement: Agreement) -> str:
    """What the intervals rest on; a warning where that is little."""
    parts = (
        agreement.points and agreement.points.same_visibility,
        agreement.regions and agreement.regions.same_presence,
        agreement.onsets and agreement.onsets.same_bleeds,
    )
    most = max((part.patients for part in parts if part), default=0)
    few = f" With {most} they are rough, and likely too narrow." if most < FEW_PATIENTS else ""
    return f"In brackets: 95 % intervals from drawing patients ({most}) anew 1,000 times.{few}"


def _diagonal(found: Estimate) -> str:
    if not found.n:
        return "-"
    interval = f" ({found.low:.2%} to {found.high:.2%})" if np.isfinite(found.low) else ""
    return f"{found.value:.2%}{interval}".replace("%", " %")


def _offset(found: BlandAltman) -> str:
    if not found.n:
        return "-"
    return f"{found.bias:+.1f} ({number(found.low, '+.1f')} to {number(found.high, '+.1f')})"
