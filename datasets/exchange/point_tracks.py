"""Point labels as tracks: what formats hold that know objects through time, each once a frame."""

from collections.abc import Sequence

from ..schema import PointLabel


def point_tracks(points: Sequence[PointLabel]) -> list[list[PointLabel]]:
    """Points, in frame order, by target, annotator and state; each track has one point a frame at most."""
    tracks: dict[tuple[str, str, str, int], list[PointLabel]] = {}
    for row in points:
        nth = 0
        while (track := tracks.get((row.target, row.annotator, row.state, nth))) and track[-1].frame >= row.frame:
            nth += 1
        tracks.setdefault((row.target, row.annotator, row.state, nth), []).append(row)
    return list(tracks.values())
