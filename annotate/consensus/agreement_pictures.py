"""The frames on which people disagree most, with everybody's points and outlines drawn in."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import Final

import numpy as np

from ...datasets.cohort import Cohort
from ...datasets.media import iter_images
from ...datasets.schema import MaskLabel, OnsetLabel, PointLabel
from ...pseudolabel.picture_marks import Canvas, Colour
from ...pseudolabel.report_html import figure
from .disagreements import Disagreement
from .region_agreement import ReadMask
from .region_distance import outline, shared_box
from .votes import Votes, mask_votes, onset_votes, point_votes, shown_name, standing

COLOURS: Final[tuple[Colour, ...]] = (  # RGB; none of them a colour of blood or tissue
    (64, 224, 255),
    (255, 230, 60),
    (120, 255, 120),
    (232, 150, 255),
    (255, 255, 255),
    (90, 130, 255),
)
_WIDTH: Final = 560
_PART: Final = 0.3  # of the frame's width is shown at the least, to know the place by
_ROOM: Final = 1.5  # times what is in question, where that is more
_LINE: Final = (255, 255, 255)


def colours_of(names: Sequence[str]) -> dict[str, Colour]:
    """Everybody's colour; the seventh person has the first one's again."""
    return {name: COLOURS[i % len(COLOURS)] for i, name in enumerate(sorted(names))}


def legend(names: Sequence[str]) -> str:
    """Who has which colour, as HTML."""
    dots = (
        f'<span style="display:inline-block;width:12px;height:12px;border-radius:6px;border:1px solid #495057;'
        f'background:rgb{colour}"></span> {escape(shown_name(name))}'
        for name, colour in colours_of(names).items()
    )
    return f'<p class="legend">{" &nbsp; ".join(dots)}</p>'


def draw_disagreements(
    cohort: Cohort, found: Iterable[Disagreement], names: Sequence[str], read: ReadMask
) -> Iterator[str]:
    """A captioned picture of each, as HTML: the part of the frame that is in question, an onset's frames whole.

    An onset is shown at every frame somebody gave. Frames without image are left out. Raises BleedkitError where a
    picture or mask cannot be read.
    """
    colours = colours_of(names)
    points = {(vote.clip_id, vote.frame, vote.target): vote for vote in point_votes(cohort)}
    masks = {(vote.clip_id, vote.frame, vote.target): vote for vote in mask_votes(cohort)}
    onsets = {(vote.clip_id, vote.target): vote for vote in onset_votes(cohort)}
    for one in found:
        place, about = (one.clip_id, one.frame, one.target), f"{one.target} · {one.reason}"
        if one.of == "onset":
            yield from _onset_frames(cohort, one, onsets[one.clip_id, one.target])
            continue
        for frame, image in iter_images(cohort, one.clip_id, {one.frame}):
            if one.of == "point":
                jpeg = _drawn_points(image, points[place], colours)
            else:
                jpeg = _drawn_regions(image, masks[place], colours, read)
            yield figure(jpeg, f"{one.clip_id} · frame {frame} · {about}")


def _onset_frames(cohort: Cohort, one: Disagreement, vote: Votes[OnsetLabel]) -> Iterator[str]:
    """The frame of each person's onset, in order of time."""
    said = standing(vote.current)
    for frame, image in iter_images(cohort, one.clip_id, {label.frame for label in said}):
        who = " and ".join(shown_name(label.annotator) for label in said if label.frame == frame)
        yield figure(Canvas(image, _WIDTH).jpeg(), f"{one.clip_id} · frame {frame}: onset by {who} · {one.reason}")


def _drawn_points(image: np.ndarray, vote: Votes[PointLabel], colours: Mapping[str, Colour]) -> bytes:
    """A cross each, and a line to the middle of them."""
    seen = [label for label in standing(vote.current) if label.visible]
    places = np.array([(label.x, label.y) for label in seen])
    canvas = _around(image, places.min(axis=0), places.max(axis=0))[0]
    for xy in places:
        canvas.line(xy, np.median(places, axis=0), _LINE)
    for label, xy in zip(seen, places, strict=True):
        canvas.cross(xy, colours[label.annotator])
    return canvas.jpeg()


def _drawn_regions(image: np.ndarray, vote: Votes[MaskLabel], colours: Mapping[str, Colour], read: ReadMask) -> bytes:
    """Everybody's outline, drawn at the page's resolution so that a pixel between two can be seen."""
    import cv2

    masks = {label.annotator: read(label) for label in standing(vote.current)}
    rows, columns = shared_box(np.any(list(masks.values()), axis=0))
    canvas, part = _around(image, np.array([columns.start, rows.start]), np.array([columns.stop, rows.stop]))
    height, width = canvas.pixels.shape[:2]
    for name, mask in masks.items():
        large = cv2.resize(mask[part].astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST)
        canvas.pixels[cv2.dilate(outline(large > 0).astype(np.uint8), np.ones((2, 2), np.uint8)) > 0] = colours[name]
    return canvas.jpeg()


def _around(image: np.ndarray, low: np.ndarray, high: np.ndarray) -> tuple[Canvas, tuple[slice, slice]]:
    """A canvas of the part of an RGB frame round the box low..high (x, y), of 4:3, and the part's rows and columns."""
    height, width = image.shape[:2]
    span = _ROOM * (high - low)
    side = min(max(_PART * width, span[0], span[1] * 4 / 3), width, height * 4 / 3)
    size = np.array([side, side * 3 / 4])
    x0, y0 = np.clip((low + high) / 2 - size / 2, 0, [width, height] - size).astype(int)
    part = (slice(y0, y0 + int(size[1])), slice(x0, x0 + int(size[0])))
    return Canvas(np.ascontiguousarray(image[part]), _WIDTH, (float(x0), float(y0))), part
