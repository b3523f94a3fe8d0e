"""The patient probe: on made-up features it finds what was put in, and no more."""

import numpy as np
import pytest

from bleedkit.benchmarks.phantom_patient_probe import Probe, accuracy, features, results


def probe(patient_spread: float, seed: int = 0) -> Probe:
    """10 patients, 4 clips each, 6 frames each, the last 3 bleeding; bleeding is the last feature, plain to see."""
    rng = np.random.default_rng(seed)
    patient, clip, frame = (grid.ravel() for grid in np.meshgrid(range(10), range(4), range(6), indexing="ij"))
    bleeds = frame >= 3
    own = patient_spread * rng.normal(size=(10, 8))[patient]
    rows = np.column_stack([own + rng.normal(size=(len(patient), 8)), 4.0 * bleeds + rng.normal(size=len(patient))])
    return Probe(rows, patient, clip, bleeds)


def test_a_patient_that_shows_is_told_over_clips_and_a_trait_leaks_only_there():
    found = results(probe(6.0))
    assert found["whose clip is it"]["folds over clips"] > 0.95
    assert found["has the patient the trait"]["folds over clips"] > 0.8
    assert found["has the patient the trait"]["folds over patients"] == pytest.approx(0.5, abs=0.06)


def test_patients_that_do_not_show_are_told_by_chance_only():
    found = results(probe(0.0))
    assert found["whose clip is it"]["folds over clips"] == pytest.approx(0.1, abs=0.1)
    assert found["has the patient the trait"]["folds over clips"] == pytest.approx(0.5, abs=0.06)


def test_what_the_picture_shows_is_told_in_either_way():
    found = results(probe(1.0))["does it bleed"]
    assert min(found["folds over clips"], found["folds over patients"]) > 0.9
    assert found["chance"] == 0.5


def test_accuracy_never_trains_on_the_fold_it_asks():
    rows = probe(0.0)
    assert accuracy(rows, rows.patient, rows.patient) == 0.0  # a patient never seen is never named


def test_a_flat_picture_has_no_spread_and_no_gradient():
    values = features(np.full((20, 30, 3), 51, np.uint8))
    assert values.shape == (23,)
    np.testing.assert_allclose(values[:18], 0.2)  # five quantiles and the mean of three channels, 51 / 255
    np.testing.assert_allclose(values[18:], 0, atol=1e-12)
