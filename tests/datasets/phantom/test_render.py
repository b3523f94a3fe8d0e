"""Truth is true: flow, tracks, masks and visibility agree with each other and with what was drawn. Over seeds."""

import dataclasses
import functools
import hashlib
from itertools import pairwise

import numpy as np
import pytest
import torch
from scipy.ndimage import map_coordinates

from bleedkit.datasets.phantom.config import (
    SCENARIOS,
    BleedingConfig,
    BleedingKind,
    OpticsConfig,
    PatientLook,
    PhantomClip,
    SceneConfig,
)
from bleedkit.datasets.phantom.pixel_geometry import GeometrySolver
from bleedkit.datasets.phantom.render import render_clip
from bleedkit.datasets.phantom.scene import Scene
from bleedkit.datasets.phantom.truth import Cover, PhantomFrame
from bleedkit.datasets.schema import ImageSize

SIZE = ImageSize(128, 104)
PLAIN = OpticsConfig(noise=0, shutter=0, jpeg_quality=None)


def clip_of(seed: int, site: str, **changes: object) -> PhantomClip:
    values = {"size": SIZE, "n_frames": 10, "fps": 15.0, "patient": PatientLook.of(seed, site), "onset_frame": 2}
    return PhantomClip(seed=seed, site=site, **(values | changes))


def digest(clip: PhantomClip) -> str:
    found = hashlib.sha256()
    for frame in render_clip(clip):
        for value in vars(frame).values():
            found.update(value.tobytes() if isinstance(value, np.ndarray) else repr(value).encode())
    return found.hexdigest()


def bicubic(field: np.ndarray, xy: np.ndarray) -> np.ndarray:
    """scipy's cubic spline of a field (H, W, 2), whose pixel centres lie at + 0.5, at positions (N, 2)."""
    where = [xy[:, 1] - 0.5, xy[:, 0] - 0.5]
    return np.stack([map_coordinates(field[..., c], where, order=3, mode="nearest") for c in range(2)], axis=-1)


@pytest.mark.slow
def test_composed_flow_follows_stated_tracks_for_300_frames():
    clip = clip_of(2, "gastric body", n_frames=301, fps=30.0, onset_frame=None)
    scene = Scene.of(clip)
    solver = GeometrySolver(scene.surface, clip.size, "cpu")
    start = np.random.default_rng(0).uniform((30, 25), (98, 79), (100, 2))
    stated, composed, error = scene.tissue_tracks(start), start, 0.0
    inside = ((stated > 3) & (stated < (125, 101))).all(axis=(0, 2))
    assert inside.sum() > 30
    assert np.hypot(*np.diff(stated, axis=0).transpose(2, 0, 1)).sum(axis=0).min() > 10  # they do move
    for t in range(300):
        composed = composed + bicubic(solver.at(t).flow.numpy().transpose(1, 2, 0), composed)
        error = max(error, float(np.abs(composed - stated[t + 1])[inside].max()))
    assert error < 0.05


@pytest.mark.parametrize(("seed", "site"), [(1, "gallbladder"), (2, "vessel"), (3, "cardia")])
def test_warping_by_the_flow_gives_the_next_frame(seed, site):
    """Without noise, blood and compression, at 30 frames a second: half a grey level where holding still is worse."""
    scene = SceneConfig(old_pools=0, old_stains=0)
    clip = clip_of(seed, site, size=ImageSize(256, 208), fps=30.0, onset_frame=None, optics=PLAIN, scene=scene)
    clip = dataclasses.replace(clip, scenarios={"camera jitter": 0.6})
    frames = list(render_clip(clip))
    y, x = np.mgrid[0:208, 0:256]
    warped_errors, still_errors = [], []
    for now, after in pairwise(frames):
        assert now.flow is not None
        where = [y + now.flow[..., 1], x + now.flow[..., 0]]
        target = [map_coordinates(after.rgb[..., c].astype(float), where, order=1, mode="nearest") for c in range(3)]
        calm = now.valid & after.valid & ~now.instrument & (now.rgb.max(axis=-1) < 200)
        warped_errors.append(np.median(np.abs(np.stack(target, axis=-1) - now.rgb)[calm]))
        still_errors.append(np.median(np.abs(after.rgb.astype(float) - now.rgb)[calm]))
    assert np.mean(warped_errors) < 1.0
    assert np.mean(still_errors) > 2 * np.mean(warped_errors)


def check_frame(clip: PhantomClip, frame: PhantomFrame) -> None:
    """What must hold in every frame whatever is going on in it."""
    masks = np.stack([frame.region, frame.pooled, frame.dried, frame.instrument])
    assert (masks.sum(axis=0) <= 1).all()
    assert not (masks & ~frame.valid).any()
    assert not (frame.edges & ~frame.region).any()
    np.testing.assert_array_equal(frame.cover == Cover.INSTRUMENT, frame.instrument)
    np.testing.assert_array_equal(frame.cover == Cover.OUT_OF_VIEW, ~frame.valid)
    assert (frame.depth > 0).all()
    assert (frame.flow is None) == (frame.frame == clip.n_frames - 1)
    for source in frame.sources:
        assert source.visible == (source.cause == "")
        held = clip.size.holds(source.x, source.y)
        there = frame.cover_at(source.x, source.y)
        assert source.cause == there.cause
        assert held or source.cause == "out of view"
        if source.cause == "instrument":
            assert frame.instrument[int(source.y), int(source.x)]


SITES = ("gallbladder", "gallbladder bed", "cystic triangle", "vessel", "gastric antrum", "sigmoid colon", "cardia")


@pytest.mark.parametrize(("seed", "site"), list(enumerate(SITES)))
def test_a_source_lies_in_the_region_whenever_it_bleeds_visibly(seed, site):
    kind = list(BleedingKind)[seed % 2]
    clip = clip_of(seed, site, sources=1 + seed % 3, bleeding=BleedingConfig(kind=kind))
    bled = 0
    for frame in render_clip(clip):
        check_frame(clip, frame)
        assert any(source.bleeding for source in frame.sources) == (frame.frame >= 2)
        if frame.frame < 2:
            assert not frame.region.any()
        for source in frame.sources:
            if source.bleeding and source.visible:
                bled += 1
                assert frame.region[int(source.y), int(source.x)]
    assert bled >= 4


@functools.lru_cache
def undisturbed_frames(site: str) -> list[PhantomFrame]:
    return list(render_clip(clip_of(9, site, n_frames=14)))


@pytest.mark.parametrize(("seed", "scenario"), list(enumerate(SCENARIOS)))
def test_every_scenario_keeps_the_truth_sound_and_changes_the_picture(seed, scenario):
    site = ("cystic triangle", "gastric body")[seed % 2]
    disturbed = clip_of(9, site, n_frames=14, scenarios={scenario: 1.0})
    differs = False
    for frame, undisturbed in zip(render_clip(disturbed), undisturbed_frames(site), strict=True):
        check_frame(disturbed, frame)
        differs |= not np.array_equal(frame.rgb, undisturbed.rgb)
        if scenario != "camera jitter":
            np.testing.assert_array_equal(frame.depth, undisturbed.depth)
    assert differs == (scenario != "clear view")


@pytest.mark.parametrize(
    ("scenario", "cause"), [("instrument interference", "instrument"), ("smoke", "smoke"), ("obscured view", "blood")]
)
def test_what_hides_the_source_is_named(scenario, cause):
    clips = (clip_of(seed, "gallbladder", scenarios={scenario: 1.0}, n_frames=30) for seed in range(4))
    causes = (source.cause for clip in clips for frame in render_clip(clip) for source in frame.sources)
    assert cause in causes


def test_the_same_clip_gives_the_same_bytes_whatever_ran_before_or_beside():
    clip = clip_of(6, "vessel", size=ImageSize(320, 256), n_frames=3, onset_frame=0)
    clip = dataclasses.replace(clip, scenarios=dict.fromkeys(SCENARIOS, 0.7))
    threads = torch.get_num_threads()
    torch.manual_seed(1)
    first = digest(clip)
    torch.manual_seed(2)
    np.random.default_rng(3).normal()
    try:
        torch.set_num_threads(2)
        second = digest(clip)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(threads)
    assert first == second != digest(dataclasses.replace(clip, seed=7))


def test_a_clip_that_never_bleeds_has_no_region():
    frames = list(render_clip(clip_of(4, "duodenum", onset_frame=None)))
    assert not any(frame.region.any() for frame in frames)
    assert not any(source.bleeding for frame in frames for source in frame.sources)
    assert any(frame.pooled.any() or frame.dried.any() for frame in frames)


def test_frames_stream():
    frames = render_clip(clip_of(1, "vessel", n_frames=4000, size=ImageSize(64, 48)))
    assert [next(frames).frame for _ in range(3)] == [0, 1, 2]


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_a_gpu_draws_the_same_scene():
    clip = clip_of(2, "gastric body")
    for here, there in zip(render_clip(clip), render_clip(clip, "cuda"), strict=True):
        assert np.abs(here.rgb.astype(int) - there.rgb).mean() < 1
        assert (here.region != there.region).mean() < 0.01
        assert here.sources == there.sources


def test_after_the_stop_nothing_bleeds_and_what_stands_is_pooled():
    frames = list(render_clip(clip_of(3, "gallbladder bed", n_frames=12, stop_frame=8)))
    goes_on = list(render_clip(clip_of(3, "gallbladder bed", n_frames=12)))
    assert [frame.sources[0].bleeding for frame in frames] == [2 <= t < 8 for t in range(12)]
    assert frames[7].region.any() and goes_on[8].region.any()
    for frame in frames[8:]:
        assert not frame.region.any() and not frame.edges.any() and frame.pooled.any()


@pytest.mark.parametrize(("onset", "stop"), [(2, 2), (2, 11), (None, 5)])
def test_a_stop_that_is_not_after_the_onset_is_refused(onset, stop):
    with pytest.raises(ValueError, match="stop_frame must come after the onset"):
        clip_of(0, "vessel", onset_frame=onset, stop_frame=stop)
