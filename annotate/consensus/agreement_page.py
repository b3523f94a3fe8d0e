"""agreement.html: one self-contained page of how far a cohort's annotators agree, and where they do not."""

from collections import Counter
from html import escape
from typing import Final

from ...datasets.progress import track
from ...pseudolabel.report_html import header, image, page, section, strip, table, tiles
from .agreement import Agreement, mask_reader
from .agreement_pictures import draw_disagreements, legend
from .agreement_plots import plot_bland_altman, plot_couples, plot_distances, plot_onsets, plot_overlaps
from .agreement_words import (
    COUPLE_HEAD,
    couple_rows,
    drawer_rows,
    limits_line,
    number,
    onset_rows,
    patients_line,
    point_rows,
    region_rows,
)
from .consensus_rows import ConsensusRows
from .onset_agreement import OnsetAgreement
from .point_agreement import PointAgreement
from .region_agreement import RegionAgreement
from .rules import RULES

_HEAD: Final = ("", "value", "of")
_KINDS: Final = {"point": "Points", "region": "Regions", "onset": "Onsets"}
_MOST_DRAWN: Final = 12  # of a kind: enough to see what people quarrel about
_MOST_LISTED: Final = 200


def agreement_page(agreement: Agreement, rule: str, rows: ConsensusRows) -> bytes:
    """The document; rule, rows: the consensus it tells of. The same cohort always gives the same bytes.

    Raises BleedkitError where a picture of a frame that people disagree on cannot be read.
    """
    target = f"target {agreement.target}" if agreement.target else "all targets"
    facts = [escape(agreement.cohort.meta.name), escape(target)]
    return page(
        "agreement",
        [
            header("How far annotators agree", *facts),
            _tiles(agreement),
            f"<p>{escape(patients_line(agreement))}</p>",
            _points(agreement.points) if agreement.points else "",
            _regions(agreement.regions) if agreement.regions else "",
            _onsets(agreement.onsets) if agreement.onsets else "",
            _consensus(rule, rows),
            _listed(agreement),
            *(_pictures(agreement, kind) for kind in _KINDS),
        ],
    )


def annotators_of(agreement: Agreement) -> tuple[str, ...]:
    """Everybody who labelled what another did, by name."""
    parts = (agreement.points, agreement.regions, agreement.onsets)
    return tuple(sorted({name for part in parts if part is not None for name in part.annotators}))


def _tiles(agreement: Agreement) -> str:
    values = {"annotators": str(len(annotators_of(agreement)))}
    if agreement.points:
        values["px median distance of two people's points"] = number(agreement.points.median_px.value, ".1f")
    if agreement.regions:
        values["mean Dice of two people's regions"] = number(agreement.regions.dice.value, ".2f")
    if agreement.onsets:
        values["frames median difference of onsets"] = number(agreement.onsets.median_frames.value, ".1f")
    return tiles({**values, "disagreements for a reviewer": str(len(agreement.disagreements))})


def _points(points: PointAgreement) -> str:
    pictures = ""
    if points.median_px.n:
        pictures = image(plot_distances(points), "png", "distances between two people's points")
        pictures += image(plot_bland_altman(points), "png", "difference over mean, by axis and pair")
    if len(points.annotators) > 2:
        medians = {(c.a, c.b): c.median_px for c in points.couples}
        pictures += image(plot_couples(points.annotators, medians, "median distance, px", ".1f"), "png", "by pair")
    return section(
        "Points",
        f"<p>{points.places} frames and targets that two people or more labelled. Distances are of pairs who both see "
        "the target, in pixels of the stored frame. ICC and alpha of a position compare people with the spread of "
        "positions over the picture: near 1 they say that people mean the same source, not that they click the same "
        "spot.</p>",
        table(_HEAD, point_rows(points)),
        table(COUPLE_HEAD, couple_rows(points)),
        pictures,
    )


def _regions(regions: RegionAgreement) -> str:
    overlap = {couple: found.value for couple, found in regions.couples.items()}
    matrix = image(plot_couples(regions.annotators, overlap, "mean Dice", ".3f"), "png", "mean Dice by pair of people")
    drawers = table(("beside STAPLE's region", "sensitivity", "specificity", "frames"), drawer_rows(regions))
    return section(
        "Regions",
        f"<p>{regions.places} frames that two people or more judged. Dice is of pairs of whom one drew something, "
        "and 0 where the other drew nothing; outlines are of pairs who both drew. STAPLE estimates the region that "
        "everybody's stand for, and how well each person drew it; specificity is of the box round all regions.</p>",
        table(_HEAD, region_rows(regions)),
        drawers if regions.drawers else "",
        f'<div class="pair">{image(plot_overlaps(regions), "png", "overlaps and outlines")}{matrix}</div>',
    )


def _onsets(onsets: OnsetAgreement) -> str:
    return section(
        "Onsets",
        f"<p>{onsets.clips} clips with two people's onsets or more; differences of pairs who both say that it bleeds. "
        "Alpha compares them with the spread of onsets over clips: of clips cut to begin at the same frame it is near "
        "0 however well people agree.</p>",
        table(_HEAD, onset_rows(onsets)),
        image(plot_onsets(onsets), "png", "differences of onsets") if onsets.median_frames.n else "",
    )


def _consensus(rule: str, rows: ConsensusRows) -> str:
    left = Counter(kind for kind, _ in rows.undecided)
    made = {"point": len(rows.points), "region": len(rows.masks), "onset": len(rows.onsets)}
    counts = [[_KINDS[kind], str(made[kind]), str(left[kind])] for kind in _KINDS if made[kind] or left[kind]]
    return section(
        "Consensus",
        f"<p>Rule <b>{escape(rule)}</b>: {escape(RULES[rule].says)}. What it does not decide is left to a person.</p>",
        table(("", "decided", "not decided"), counts),
    )


def _listed(agreement: Agreement) -> str:
    found = agreement.disagreements
    rows = [[f"{one.clip_id} frame {one.frame}", one.target, one.reason] for one in found[:_MOST_LISTED]]
    more = f"<p>The first {_MOST_LISTED} of {len(found)}.</p>" if len(found) > _MOST_LISTED else ""
    listing = table(("", "target", "why"), rows) if rows else "<p>None.</p>"
    limits = f"<p>{escape(limits_line(agreement))} What a reviewer settled is left out.</p>"
    return section("Where they disagree", limits, listing, more)


def _pictures(agreement: Agreement, kind: str) -> str:
    """The worst by distance first: beside them, `one sees nothing` has no size."""
    found = [one for one in agreement.disagreements if one.of == kind]
    worst = sorted(found, key=lambda one: (one.apart == float("inf"), -one.apart))
    if not worst:
        return ""
    names, read = annotators_of(agreement), mask_reader(agreement.cohort)
    pictures = draw_disagreements(agreement.cohort, track(worst[:_MOST_DRAWN], f"drawing {kind}s"), names, read)
    title = f"{_KINDS[kind]}: the worst {min(_MOST_DRAWN, len(worst))} of {len(worst)}"
    note = "<p>Where outlines coincide, the last person's colour is seen.</p>" if kind == "region" else ""
    return section(title, "" if kind == "onset" else legend(names) + note, strip(pictures))
