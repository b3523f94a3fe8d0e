"""What a model answers beside what is true: an oracle is right in every figure, coordinates come through exactly."""

import weakref
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from bleedkit.benchmarks.evaluation.clip_truth import clip_truth
from bleedkit.benchmarks.evaluation.evaluate_clip import CLIP_TASKS, evaluate_clip
from bleedkit.benchmarks.evaluation.prediction_clock import PredictionClock
from bleedkit.benchmarks.predictions.groups import score
from bleedkit.benchmarks.predictions.mask_code import decode_mask, on_grid
from bleedkit.benchmarks.predictions.schemas import SCHEMAS
from bleedkit.benchmarks.protocols.registry import PROTOCOLS
from bleedkit.datasets.media import iter_images
from bleedkit.models.hold_still import HoldStill
from bleedkit.models.predict import FramePrediction, Onset
from bleedkit.models.stage import CPU
from bleedkit.models.trackers import TRACKERS

from .conftest import ONSET, Oracle, OracleTracker

BEST = {"higher": 1.0, "lower": 0.0, "zero": 0.0}


def first_view(cohort):
    return next(cohort.stream())


def oracle(protocol, cohort, view):
    truth = clip_truth(cohort, view)
    return OracleTracker(truth, first=truth.seen()[0]) if protocol.task == "track" else Oracle(truth)


@pytest.mark.parametrize("name", sorted(PROTOCOLS))
def test_an_oracle_is_right_in_every_figure(built, name):
    cohort, _ = built
    protocol = PROTOCOLS[name]
    tables = [evaluate_clip(protocol, cohort, view, oracle(protocol, cohort, view)) for view in cohort.stream()]
    table = pa.concat_tables(tables)
    assert table.schema == protocol.schema
    rows = protocol.rows(table)
    found = {m.name: score(m, rows) for m in protocol.metrics if m.name != "stir_control"}  # what standing still scores
    scored = {name: figure.value for name, figure in found.items() if figure.n}
    assert protocol.primary in scored
    assert scored == pytest.approx({name: BEST[protocol.by_name[name].better] for name in scored}, abs=1e-6)


def test_every_task_can_be_evaluated():
    assert CLIP_TASKS.keys() == SCHEMAS.keys()


def test_region_and_point_as_they_were_written(built):
    cohort, written = built
    view = first_view(cohort)
    points, masks = written.points[view.clip.clip_id], written.masks[view.clip.clip_id]
    predictor = Oracle(clip_truth(cohort, view))
    rows = evaluate_clip(PROTOCOLS["region-point"], cohort, view, predictor).to_pylist()
    assert [row["frame"] for row in rows] == list(range(10))
    for row, point, mask in zip(rows, points, masks, strict=True):
        assert row["true_visible"] == (point is not None)
        wanted = (None, None) if point is None else tuple(float(np.float32(value)) for value in point)
        assert (row["true_x"], row["true_y"]) == wanted
        assert (row["x"], row["y"]) == wanted
        assert np.array_equal(decode_mask(row["true_mask"]), on_grid(mask).astype(bool))
        assert row["true_mask"] == row["mask"]
        assert (row["patient_id"], row["width"], row["height"]) == (view.clip.patient_id, 64, 48)


def test_the_track_begins_at_the_first_visible_label(built):
    cohort, written = built
    view = first_view(cohort)
    rows = evaluate_clip(PROTOCOLS["track"], cohort, view, HoldStill()).to_pylist()
    start = written.points[view.clip.clip_id][0]
    assert [row["frame"] for row in rows] == list(range(10))
    assert [row["is_query"] for row in rows] == [True] + [False] * 9
    assert [row["true_visible"] for row in rows] == [f not in (3, 4, 5, 8, 9) for f in range(10)]
    np.testing.assert_array_equal([(row["x"], row["y"]) for row in rows], [np.float32(start)] * 10)
    assert {row["confidence"] for row in rows} == {None}


def test_the_source_is_asked_for_in_the_onset_frame(built):
    cohort, written = built
    view = first_view(cohort)
    (row,) = evaluate_clip(PROTOCOLS["source"], cohort, view, Oracle(clip_truth(cohort, view))).to_pylist()
    assert row["frame"] == ONSET
    assert (row["x"], row["y"]) == tuple(np.float32(written.points[view.clip.clip_id][ONSET]))
    assert not row["is_query"]


def test_the_whole_chain_has_the_onset_in_every_row(built):
    cohort, _ = built
    view = first_view(cohort)
    rows = evaluate_clip(PROTOCOLS["deploy"], cohort, view, Oracle(clip_truth(cohort, view))).to_pylist()
    assert [row["frame"] for row in rows] == list(range(10))
    assert {(row["onset"], row["true_onset"]) for row in rows} == {(ONSET, ONSET)}
    assert rows[0]["x"] is None  # no point before the chain found the onset
    assert rows[0]["true_visible"]


def test_no_onset_found(built):
    cohort, _ = built

    class Blind:
        def onset(self, frames):
            assert len(list(frames)) == 10
            return Onset(None, float("nan"))

    (row,) = evaluate_clip(PROTOCOLS["onset"], cohort, first_view(cohort), Blind()).to_pylist()
    assert (row["onset"], row["confidence"], row["true_onset"], row["frame"]) == (None, None, ONSET, 0)


def test_models_count_pictures_and_rows_count_frames(built):
    """Frames 1, 2 and 6 have no image: picture 1 is frame 3, picture 3 frame 5."""
    cohort, _ = built
    view = first_view(cohort)
    view = replace(view, frames=[replace(f, has_image=f.frame not in (1, 2, 6)) for f in view.frames])

    class Third:
        def onset(self, frames):
            assert [number for number, _ in frames] == list(range(7))
            return Onset(3, 1.0)

    (row,) = evaluate_clip(PROTOCOLS["onset"], cohort, view, Third()).to_pylist()
    assert row["onset"] == 5
    rows = evaluate_clip(PROTOCOLS["track"], cohort, view, HoldStill()).to_pylist()
    assert [row["frame"] for row in rows] == [0, 3, 4, 5, 7, 8, 9]


def test_the_clip_is_shown_up_to_the_last_label_alone(built):
    cohort, _ = built
    view = first_view(cohort)
    view = replace(
        view, points=[p for p in view.points if p.frame <= 4], masks=[m for m in view.masks if m.frame in (0, 3)]
    )
    predictor = Oracle(clip_truth(cohort, view))
    table = evaluate_clip(PROTOCOLS["region-point"], cohort, view, predictor)
    assert predictor.decoded == 5
    assert [row["true_mask"] is None for row in table.to_pylist()] == [False, True, True, False, True]


def test_a_model_without_regions_has_null_masks(built):
    cohort, _ = built

    class PointsAlone:
        def frames(self, frames):
            for number, _ in frames:
                yield FramePrediction(number, np.zeros(2, np.float32), True, 1.0, np.zeros((0, 64), bool))

    table = evaluate_clip(PROTOCOLS["region-point"], cohort, first_view(cohort), PointsAlone())
    assert table["mask"].null_count == 10
    assert table["true_mask"].null_count == 0


def answering(**changes):
    class Wrong:
        def frames(self, frames):
            for number, _ in frames:
                right = FramePrediction(number, np.zeros(2, np.float32), True, 1.0, np.zeros((48, 64), bool))
                yield replace(right, **changes)

    return Wrong()


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"frame": 7}, "answered frame 7 as number 0"),
        ({"mask": np.zeros((64, 48), bool)}, "must be 64x48 like the frame, the model's is 48x64"),
        ({"confidence": 1.5}, r"must lie in \[0, 1\]"),
        ({"point": np.zeros(3, np.float32)}, "two numbers"),
        ({"point": np.array([np.inf, 0], np.float32)}, "two numbers"),
    ],
)
def test_an_answer_that_is_none_is_refused(built, changes, told):
    cohort, _ = built
    with pytest.raises(ValueError, match=told):
        evaluate_clip(PROTOCOLS["region-point"], cohort, first_view(cohort), answering(**changes))


def test_a_model_that_stops_early_is_refused(built):
    cohort, _ = built

    class Short:
        def frames(self, frames):
            number, _ = next(iter(frames))
            yield FramePrediction(number, np.zeros(2, np.float32), True, 1.0, np.zeros((48, 64), bool))

    with pytest.raises(ValueError, match="answered 1 of 10 frames"):
        evaluate_clip(PROTOCOLS["region-point"], cohort, first_view(cohort), Short())


def test_an_onset_beyond_the_clip_is_refused(built):
    cohort, _ = built

    class Late:
        def onset(self, frames):  # noqa: ARG002 - as OnsetPredictor has it
            return Onset(10, 1.0)

    with pytest.raises(ValueError, match=r"named frame 10 .* which has 10"):
        evaluate_clip(PROTOCOLS["onset"], cohort, first_view(cohort), Late())


def test_a_clip_without_truth_has_no_rows_and_is_not_asked(built):
    cohort, _ = built
    bare = replace(first_view(cohort), points=[], masks=[], onsets=[])
    for protocol in PROTOCOLS.values():
        table = evaluate_clip(protocol, cohort, bare, None)
        assert (len(table), table.schema) == (0, protocol.schema)


def test_the_clock_counts_the_model_and_not_the_decoder(built):
    cohort, _ = built
    view, clock = first_view(cohort), PredictionClock()
    assert clock.frames_per_s is None
    for name, frames in (("region-point", 10), ("onset", 10), ("source", 1), ("track", 10), ("deploy", 10)):
        before = clock.frames
        evaluate_clip(PROTOCOLS[name], cohort, view, oracle(PROTOCOLS[name], cohort, view), clock)
        assert clock.frames - before == frames
    assert clock.frames_per_s == clock.frames / clock.seconds


def test_no_more_than_a_few_frames_are_ever_held(phantom):
    view = first_view(phantom)
    given: list[weakref.ref] = []
    most = 0

    class Watching:
        def frames(self, frames):
            nonlocal most
            for number, rgb in frames:
                given.append(weakref.ref(rgb))
                most = max(most, sum(one() is not None for one in given))
                yield FramePrediction(number, np.zeros(2, np.float32), True, 1.0, np.zeros((64, 80), bool))

    assert len(evaluate_clip(PROTOCOLS["region-point"], phantom, view, Watching())) == 2
    assert len(given) == 46
    assert most <= 3


@pytest.mark.parametrize("name", ["lucas_kanade", "anchored_lucas_kanade", "dense_flow"])
def test_a_tracker_answers_as_if_it_had_the_whole_clip(phantom, name):
    view = first_view(phantom)
    tracker = TRACKERS[name].build(CPU)
    rows = evaluate_clip(PROTOCOLS["track"], phantom, view, tracker).to_pylist()
    frames = [tracker.encode(rgb) for _, rgb in iter_images(phantom, view.clip.clip_id, range(15, 46))]
    start = np.array([[rows[0]["true_x"], rows[0]["true_y"]]], np.float32)
    whole = tracker.track(frames, start)
    np.testing.assert_array_equal([(row["x"], row["y"]) for row in rows], whole.xy[[0, 30], 0])
    assert [row["visible"] for row in rows] == (~whole.hidden[[0, 30], 0]).tolist()


def test_a_phantom_end_to_end(phantom):
    """Video frames, two annotators: the oracle of the first one's labels, at the resolution of the video."""
    protocol = PROTOCOLS["track"]
    for view in phantom.stream():
        truth = clip_truth(phantom, view)
        table = evaluate_clip(protocol, phantom, view, HoldStill())
        assert table["frame"].to_pylist() == [15, 45]
        wanted = [truth.points[15]] * 2
        np.testing.assert_allclose(np.stack([table["x"], table["y"]], 1), wanted, rtol=1e-6)
