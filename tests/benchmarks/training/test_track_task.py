"""Runs and their loss; the network is a stand-in that says where it was told to look, so that no picture is encoded."""

import pickle
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from bleedkit.benchmarks.training.batches import stacked
from bleedkit.benchmarks.training.cached_clips import CachedClip
from bleedkit.benchmarks.training.clip_labels import ClipLabels
from bleedkit.benchmarks.training.track_task import TrackRuns, TrackTask
from bleedkit.datasets.cohort import Cohort, CohortMeta, write_tables
from bleedkit.datasets.schema import Clip, Frame, ImageSize, Keypoint, Provenance
from bleedkit.datasets.tables import table_of
from bleedkit.datasets.transaction import locked, transaction
from bleedkit.models.track_on.network import PointState, Prediction

RUN = Provenance.of("pseudolabel", {})


@pytest.fixture
def clip(tmp_path):
    """70 frames; people label 5, 35 and 65 (hidden in 65), pseudo-labels lie on 6..34 but for 10."""
    np.save(tmp_path / "c.npy", np.broadcast_to(np.arange(70, dtype=np.uint8)[:, None, None, None], (70, 4, 4, 3)))
    human, visible = np.zeros(70, bool), np.zeros(70, bool)
    human[[5, 35, 65]] = True
    visible[5:36] = True
    visible[10] = False
    point = np.stack([np.linspace(0, 0.69, 70), np.full(70, 0.5)], 1).astype(np.float32)
    labels = ClipLabels(point, visible, visible | human, human, np.zeros(70, bool), None)
    size = ImageSize(4, 4)
    return CachedClip("c", "p", 30.0, size, size, tmp_path / "c.npy", tmp_path / "n.npy", labels, np.ones(70, bool))


@pytest.fixture
def cohort(tmp_path):
    """The clip's cohort, frames of 64 by 48; keypoints as an engine's run writes them, in inner frames only.

    1 moves by (0.5, 0.25) px a frame and is hidden in 8 and 9; 2 stands still and is told of from 20 on; 3 is seen
    once, 4 lies after the second label, and another target has a 1 of its own.
    """

    def row(frame, number, x, y, visible=True, target="source"):
        return Keypoint("c", frame, target, number, x, y, visible, 1.0, 1.0, 0.0, 0.9, RUN.id)

    rows = [row(at, 1, 10 + 0.5 * at, 20 + 0.25 * at, at not in (8, 9)) for at in range(6, 35)]
    rows += [row(at, 2, 32.0, 24.0) for at in range(20, 35)]
    rows += [row(12, 3, 1.0, 1.0), row(13, 3, 1.0, 1.0, False)]
    rows += [row(at, 4, 50.0, 40.0) for at in range(36, 65)]
    rows += [row(at, 1, 60.0, 40.0, target="other") for at in range(6, 35)]
    tables = {
        "clips": table_of("clips", [Clip("c", "p", "p", 30, ImageSize(64, 48), 70)]),
        "frames": table_of("frames", [Frame("c", at, "", at / 30, "", False) for at in range(70)]),
    }
    folder = tmp_path / "cohort"
    with locked(folder), transaction(folder) as staging:
        write_tables(staging, CohortMeta("toy", "toy", "1", "", "", "1", "0", "."), tables)
    made = Cohort(folder)
    with made.change() as change:
        change.append(provenance=[RUN])
        change.replace_keypoints("c", table_of("keypoints", rows))
    return Cohort(folder)


class Network(torch.nn.Module):
    """Always finds the point `off` pixels right of where it was asked for."""

    changes = None

    def __init__(self):
        super().__init__()
        self.off = torch.nn.Parameter(torch.tensor(2.0))
        self.encoded = []
        self.track_on = SimpleNamespace(encode=lambda frame: self.encoded.append(frame) or frame)

    def cued(self, seen, _frame):
        return seen

    def start(self, _frame, xy, memory):
        none = torch.zeros(*xy.shape[:2], 0)
        return PointState(memory, xy, none, none, none.bool(), none.bool(), torch.ones(xy.shape[:2], dtype=torch.bool))

    def ask_again(self, _frame, state, xy, which):
        where = torch.where(which[..., None], xy, state.descriptor)
        return replace(state, descriptor=where, live=state.live | which)

    def step(self, _frame, state):
        found = (state.descriptor + torch.stack([self.off, self.off * 0])) * state.live[..., None]
        return Prediction(found, found[..., 0], found[..., 0]), state


def adapters(encoder=False):
    after = []
    return SimpleNamespace(
        network=Network(),
        settings=SimpleNamespace(encoder=encoder),
        regularisation=lambda: torch.tensor(0.25),
        after_step=after.append,
        importance=lambda: {"a": torch.ones(1)},
        restore_importance=after.append,
        called=after,
    )


def test_a_run_goes_from_label_to_label_with_whose_each_is(clip):
    items = TrackRuns.of([clip], training="short")
    run = items.item(0, 0)
    assert run.frames[:, 0, 0, 0].tolist() == list(range(5, 36))
    assert np.flatnonzero(run.human).tolist() == [30], "the first place is given, the last is to be found"
    assert np.flatnonzero(run.pseudo).tolist() == [at for at in range(1, 30) if at != 5]
    np.testing.assert_allclose(run.point[30], [0.35 * 512, 0.5 * 384], rtol=1e-5)
    assert run.key.tolist() == [0, 5, 36]
    with pytest.raises(ValueError, match="labels for a long run"):
        TrackRuns.of([clip], training="long")


def test_the_loss_is_eq_8_by_hand(clip):
    own = adapters()
    task = TrackTask(own, TrackRuns.of([clip], training="short"))
    losses = task.losses(stacked([task.items().item(0, 0)]), task.phases[0])
    # Per frame the truth moves by 0.01 * 512 = 5.12 px, the answer stands 2 px right of the start; Huber of d > 1 is
    # d - 0.5, meant over x and y, of which y is right.
    away = {at: abs(5.12 * at - 2) - 0.5 for at in range(1, 31)}
    pseudo = np.mean([away[at] for at in range(1, 30) if at != 5])
    assert float(losses["track"].detach()) == pytest.approx(0.6 * away[30] / 2 + 0.4 * pseudo / 2, rel=1e-3)
    assert float(losses["orthogonal"]) == 0.25
    losses["track"].backward()
    assert own.network.off.grad is not None


def beside(clip, cohort, **settings):
    stored = replace(clip, stored=ImageSize(64, 48))
    return TrackRuns.of([stored], training="short", keypoints=cohort.keypoints, **settings)


def test_keypoints_of_the_runs_segment_are_asked_for_where_they_are_first_seen(clip, cohort):
    run = beside(clip, cohort).item(0, 0)  # frames 5..35
    assert run.asked.tolist() == [1, 15]
    assert run.keypoint.shape == (31, 2, 2)
    assert np.flatnonzero(run.keypoint_known[:, 0]).tolist() == [2, *range(5, 30)], "not where given, nor hidden"
    assert np.flatnonzero(run.keypoint_known[:, 1]).tolist() == list(range(16, 30))
    # Frame 6, then frame 25, in pictures of 512 by 384: eight times 64 by 48.
    np.testing.assert_allclose(run.keypoint[1, 0], [8 * 13, 8 * 21.5])
    np.testing.assert_allclose(run.keypoint[20, 0], [8 * 22.5, 8 * 26.25])
    np.testing.assert_allclose(run.keypoint[15, 1], [8 * 32, 8 * 24])


def test_keypoints_count_as_pseudo_labels_in_eq_8_by_hand(clip, cohort):
    own = adapters()
    task = TrackTask(own, beside(clip, cohort))
    found = task.losses(stacked([task.items().item(0, 0)]), task.phases[0])["track"]

    def huber(away):
        return max(abs(away) - 0.5, 0) if abs(away) > 1 else away**2 / 2

    # The answer stands 2 px right of where each point was asked for. The first keypoint goes 4 px right and 2 px down a
    # frame, the second stays; the source goes 5.12 px right.
    source = {at: huber(5.12 * at - 2) for at in range(1, 31)}
    pseudo = [source[at] for at in range(1, 30) if at != 5]
    pseudo += [huber(4 * at - 2) + huber(2 * at) for at in (1, *range(4, 29))]
    pseudo += [huber(-2)] * 14
    expected = 0.6 * source[30] / 2 + 0.4 * np.sum(pseudo) / 2 / (28 + 26 + 14)
    assert float(found.detach()) == pytest.approx(expected, rel=1e-3)


def test_the_source_is_followed_the_same_and_a_cohort_without_keypoints_trains_as_ever(clip, cohort):
    plain, rich = TrackRuns.of([clip], training="short"), beside(clip, cohort)
    task = TrackTask(adapters(), rich)
    batches = [stacked([items.item(0, 0)]) for items in (plain, rich)]
    assert batches[0].asked.shape == (1, 0)
    assert torch.equal(task.follow(batches[0]), task.follow(batches[1]))
    assert task.follow(batches[0]).shape == (1, 31, 2)
    none = TrackRuns.of([clip], training="short", keypoints=lambda _clip_id: []).item(0, 0)
    losses = [task.losses(stacked([run]), task.phases[0])["track"] for run in (plain.item(0, 0), none)]
    assert torch.equal(*losses)


def test_a_run_holds_no_more_keypoints_than_wanted_drawn_by_the_seed(clip, cohort):
    items = beside(clip, cohort, most_keypoints=1)
    asked = [items.item(epoch, 0).asked.tolist() for epoch in range(20)]
    assert {tuple(each) for each in asked} == {(1,), (15,)}
    again = pickle.loads(pickle.dumps(items))  # as worker processes get them
    assert [again.item(epoch, 0).asked.tolist() for epoch in range(20)] == asked
    assert [beside(clip, cohort, most_keypoints=1, seed=1).item(e, 0).asked.tolist() for e in range(20)] != asked
    assert beside(clip, cohort, most_keypoints=0).item(0, 0).asked.tolist() == []
    with pytest.raises(ValueError, match="0 keypoints or more"):
        beside(clip, cohort, most_keypoints=-1)


def test_frames_are_encoded_once_where_they_are_kept(clip):
    batch = stacked([TrackRuns.of([clip], training="short").item(0, 0)])
    for kept, times in ((0, 2), (1, 1)):
        own = adapters()
        task = TrackTask(own, TrackRuns.of([clip], training="short"), kept=kept)
        task.follow(batch)
        task.follow(batch)
        assert len(own.network.encoded) == 31 * times
    with pytest.raises(ValueError, match="cannot be kept"):
        TrackTask(adapters(encoder=True), TrackRuns.of([clip], training="short"), kept=1)


def test_adalora_is_told_of_steps_and_remembered(clip):
    own = adapters()
    task = TrackTask(own, TrackRuns.of([clip], training="short"))
    task.after_step(7)
    task.restore(task.state())
    assert own.called == [7, {"a": torch.ones(1)}]


class Gated(Network):
    """With MDG: keeps the changes it is shown."""

    changes = object()

    def __init__(self):
        super().__init__()
        self.shown = []

    def cued(self, seen, _frame, change):
        self.shown.append(change)
        return seen


def test_a_network_with_mdg_is_shown_what_changed_since_the_frame_before(clip):
    own, asked = adapters(), []
    own.network = Gated()

    def flow(previous, current):
        asked.append((previous, current))
        return torch.full((len(current), 2, *current.shape[2:]), 3.2)

    TrackTask(own, items := TrackRuns.of([clip], training="short"), flow=flow).follow(stacked([items.item(0, 0)]))
    shown = own.network.shown
    assert len(shown) == len(asked) == 31
    # Frame t of the clip is grey of value t, 1/255 more than the one before; RGB differences are in eighths.
    assert [round(float(change.rgb.mean()) * 255 / 8, 3) for change in shown] == [0.0, *[1.0] * 30]
    assert float(asked[4][0].mean() * 255) == pytest.approx(8)
    assert float(asked[4][1].mean() * 255) == pytest.approx(9)
    assert float(shown[3].flow.mean()) == pytest.approx(1, rel=1e-3), "3.2 px of 512 are a unit"


def test_without_a_flow_it_is_dis(clip):
    own = adapters()
    own.network = Gated()
    task = TrackTask(own, TrackRuns.of([clip], training="short"))
    task.follow(stacked([task.items().item(0, 0)]))
    assert not own.network.shown[0].flow.any()
