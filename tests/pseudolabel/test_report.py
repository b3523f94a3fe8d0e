"""The run's page and the marks in its pictures: at the right pixel, with keypoints where there are some."""

from dataclasses import replace

import numpy as np

from bleedkit.pseudolabel.dense_track import DenseTrack
from bleedkit.pseudolabel.keypoints import KeypointTracks
from bleedkit.pseudolabel.picture_marks import Canvas
from bleedkit.pseudolabel.report import write_report
from bleedkit.pseudolabel.report_overlays import overlays
from bleedkit.pseudolabel.segments import segments_of

RED = (255, 0, 0)


def centre(pixels: np.ndarray) -> tuple[float, float]:
    """Of all that is painted on black, in our pixels."""
    rows, columns = np.nonzero(pixels.any(-1))
    return float(columns.mean()) + 0.5, float(rows.mean()) + 0.5


def test_marks_are_where_they_should_be_at_any_zoom_and_in_a_part_of_a_frame():
    for width in (40, 80, 20):
        canvas = Canvas(np.zeros((30, 40, 3), np.uint8), width)
        canvas.ring(np.array([20.0, 15.0]), RED, radius=4)
        zoom = width / 40
        np.testing.assert_allclose(centre(canvas.pixels), (20 * zoom, 15 * zoom), atol=0.3)
    part = Canvas(np.zeros((30, 40, 3), np.uint8), 40, (100, 50))
    part.ring(np.array([120.0, 65.0]), RED, radius=4)
    np.testing.assert_allclose(centre(part.pixels), (20, 15), atol=0.3)


def test_an_ellipse_is_as_long_as_ninety_percent_needs():
    canvas = Canvas(np.zeros((200, 200, 3), np.uint8), 200)
    canvas.ellipse(np.array([100.0, 100.0]), np.diag([400.0, 100.0]), RED)
    rows, columns = np.nonzero(canvas.pixels[..., 0] > 128)
    # Half axes: sqrt(-2 ln 0.1) = 2.146 standard deviations of 20 and 10 pixels.
    np.testing.assert_allclose((np.ptp(columns) / 2, np.ptp(rows) / 2), (42.9, 21.5), atol=1)


def answers(cohort) -> list:
    """Segments between visible labels: straight tracks, every second frame flagged, two keypoints beside the target."""
    found = []
    for clip in cohort.clips.values():
        points = cohort.points(clip.clip_id)
        for segment in segments_of(clip, range(clip.n_frames), points, horizon_before=0, horizon_after=0):
            if segment.start is None or segment.end is None:
                continue
            n = len(segment.inner)
            xy = np.linspace(segment.start, segment.end, n + 2)[1:-1]
            covariance = np.tile(np.eye(2), (n, 1, 1))
            beside = np.stack([xy + 20, xy - 20])
            keypoints = KeypointTracks(beside, np.stack([covariance] * 2), np.ones((2, n), bool), np.ones((2, n)))
            reasons = tuple("uncertain by 9 px" if i % 2 else "" for i in range(n))
            track = DenseTrack(segment.inner, xy, covariance, np.ones(n, bool), np.ones(n), reasons, xy, xy, keypoints)
            found.append((segment, track))
    return found


def test_the_page_goes_through_results_once_and_says_the_same_of_a_list(cohort, tmp_path):
    results = answers(cohort)
    one = write_report(cohort, iter(results), iter(()), tmp_path / "a", preset="classical").read_bytes()
    assert write_report(cohort, results, [], tmp_path / "b", preset="classical").read_bytes() == one
    page = one.decode()
    kept = sum(int(track.trusted.sum()) for _, track in results)
    assert f"<b>{kept}</b>pseudo-labels" in page
    assert "uncertain by N px" in page
    assert "Against exact truth" in page
    assert "http" not in page


def test_keypoints_are_drawn(cohort):
    results = answers(cohort)
    clip = results[0][0].clip_id
    with_them = [(s, t) for s, t in results if s.clip_id == clip]
    without = [(s, replace(t, keypoints=KeypointTracks.none(len(t.frames)))) for s, t in with_them]
    drawn, plain = overlays(cohort, clip, with_them), overlays(cohort, clip, without)
    assert [one.frame for one in drawn] == [one.frame for one in plain]
    assert any(a.jpeg != b.jpeg for a, b in zip(drawn, plain, strict=True))
