"""Blood keeps its volume, runs downhill, ages, sinks in and is washed away."""

import dataclasses
import functools

import numpy as np
import pytest
import torch

from bleedkit.datasets.phantom.blood_film import BloodFilm
from bleedkit.datasets.phantom.config import BleedingConfig, BleedingKind, PatientLook, PhantomClip, SceneConfig
from bleedkit.datasets.phantom.flushing import Flushing
from bleedkit.datasets.phantom.remnants import cell_centres
from bleedkit.datasets.phantom.scene import Scene
from bleedkit.datasets.schema import ImageSize

CLEAN = SceneConfig(relief=0, old_pools=0, old_stains=0)
KEPT = BleedingConfig(absorption_um_s=0, fresh_s=1e9)


def clip_of(**changes: object) -> PhantomClip:
    values = {"seed": 5, "size": ImageSize(96, 80), "n_frames": 12, "fps": 30.0, "onset_frame": 2, "site": "vessel"}
    values |= {"patient": PatientLook.of(1, "vessel"), "scene": CLEAN, "bleeding": KEPT}
    return PhantomClip(**(values | changes))


@functools.lru_cache(maxsize=4)
def _scene_of_key(site: str, sources: int, kind: BleedingKind) -> Scene:
    return Scene.of(clip_of(site=site, sources=sources, bleeding=dataclasses.replace(KEPT, kind=kind)))


def film_of(clip: PhantomClip, scene: Scene) -> BloodFilm:
    side = scene.anatomy.side
    return BloodFilm.of(clip, scene.anatomy, scene.sources, torch.zeros(side, side))


def run(film: BloodFilm, scene: Scene, clip: PhantomClip, frames: range) -> None:
    flushing = Flushing.of(clip, scene.sources.tissue[0])
    for t in frames:
        film.advance(scene.sources.rate[t], flushing, t)


def volume(film: BloodFilm) -> float:
    return float(film.thickness.double().sum()) * film.cell_mm**2


@pytest.mark.parametrize("kind", list(BleedingKind))
def test_what_is_emitted_is_what_lies_there(kind):
    clip = clip_of(sources=2, bleeding=dataclasses.replace(KEPT, kind=kind))
    scene = _scene_of_key("vessel", 2, kind)
    film = film_of(clip, scene)
    run(film, scene, clip, range(12))
    # One microlitre is one cubic millimetre; each frame is a thirtieth of a second.
    assert volume(film) == pytest.approx(scene.sources.rate.sum() / 30, rel=1e-4)
    assert float(film.thickness.min()) >= 0
    torch.testing.assert_close(film.fresh, film.thickness, rtol=1e-3, atol=1e-4)  # nothing has aged


def test_nothing_lies_there_before_the_onset_and_something_at_it():
    clip, scene = clip_of(), _scene_of_key("vessel", 1, BleedingKind.OOZING)
    film = film_of(clip, scene)
    run(film, scene, clip, range(2))
    assert volume(film) == 0
    run(film, scene, clip, range(2, 3))
    x, y = film.mouth_cells[0]
    assert float(film.thickness[y, x]) > 0.1


def test_blood_runs_downhill():
    clip, scene = clip_of(), _scene_of_key("vessel", 1, BleedingKind.OOZING)
    film = film_of(clip, scene)
    run(film, scene, clip, range(12))
    cells = cell_centres(film.half_mm, film.bed.shape[0])
    weight = film.thickness.numpy()[..., None]
    moved = (cells * weight).sum(axis=(0, 1)) / weight.sum() - scene.sources.tissue[0]
    assert moved @ film.downhill[:2] > 0.2  # mm, on the flat and tilted plane of relief 0
    assert np.linalg.norm(film.downhill) == pytest.approx(1)


def test_a_film_too_thin_to_wet_dry_tissue_stays_where_it_is():
    clip, scene = clip_of(), _scene_of_key("vessel", 1, BleedingKind.OOZING)
    film = film_of(clip, scene)
    film.pinning[:], film.downhill = 1, (0.0, 0.0, 1.0)
    film.thickness[100:110, 100:110] = 0.1  # below the 0.16 mm that surface tension holds
    before = film.thickness.clone()
    run(film, scene, clip, range(2))
    assert (film.thickness[:100] == 0).all()
    assert (film.thickness[110:] == 0).all()
    assert volume(film) == pytest.approx(float(before.sum()) * film.cell_mm**2, rel=1e-5)


def test_ageing_and_absorption_as_worked_by_hand():
    clip = clip_of(bleeding=BleedingConfig(absorption_um_s=50.0, fresh_s=2.0), onset_frame=None, fps=10.0)
    scene = _scene_of_key("vessel", 1, BleedingKind.OOZING)
    film = film_of(clip, scene)
    film.pinning[:] = 1
    film.thickness[100:140, 100:140] = 0.1
    film.fresh[100:140, 100:140] = 0.08
    film.advance(np.zeros(1), Flushing.of(clip, scene.sources.tissue[0]), 0)
    # 0.1 s at 50 um/s takes 0.005 mm; the tracer keeps exp(-0.1 / 2) of 0.08 mm.
    downhill_middle = film.thickness[118:122, 118:122]
    assert float(downhill_middle.max()) == pytest.approx(0.095, abs=2e-3)
    assert float(film.fresh[120, 120]) == pytest.approx(0.08 * np.exp(-0.05), abs=2e-3)
    assert float(film.stain[120, 120]) > 0 == float(film.stain[0, 0])


def test_a_jet_washes_blood_off_where_it_hits():
    clip = clip_of(scenarios={"water flushing": 1.0}, n_frames=60, fps=10.0)
    scene = Scene.of(clip)
    flushing = Flushing.of(clip, scene.sources.tissue[0])
    assert flushing.flow.max() > 0.5
    assert flushing.flow.min() >= 0
    assert (flushing.flow[:3] == 0).all()  # not before the onset
    t = int(flushing.flow.argmax())
    film = film_of(clip, scene)
    film.thickness[:] = 0.1
    film.advance(np.zeros(1), flushing, t)
    column, row = ((flushing.target[t] / film.half_mm + 1) / 2 * film.bed.shape[0]).astype(int)
    # exp(-7 * 0.1 s * flow) of 0.1 mm is left at the hit, all of it far away.
    assert float(film.thickness[row, column]) == pytest.approx(0.1 * np.exp(-0.7 * flushing.flow[t]), rel=0.1)
    assert float(film.water[row, column]) > 0.1
    assert float(film.thickness[5, 5]) == pytest.approx(0.1, rel=0.05)
    assert not Flushing.of(clip_of(), scene.sources.tissue[0]).flow.any()


def test_old_pools_keep_away_from_sources_and_are_not_fresh():
    clip = clip_of(scene=SceneConfig(old_pools=3, old_stains=3), seed=8)
    scene = Scene.of(clip)
    film = film_of(clip, scene)
    x, y = film.mouth_cells[0]
    assert float(film.thickness.max()) > 0.2
    assert float(film.thickness[y, x]) == 0
    assert not film.fresh.any()
    assert 0.2 < float(film.stain.max()) <= 0.8
