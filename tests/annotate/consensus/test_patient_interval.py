import numpy as np

from bleedkit.annotate.consensus.patient_interval import over_patients


def test_two_patients_are_drawn_as_a_whole():
    # Draws of two patients at 0 and 1 have means 0, 1/2 and 1, a quarter of them each end.
    found = over_patients(np.array([0.0, 0, 0, 1, 1, 1]), list("aaabbb"), np.mean)
    assert (found.value, found.low, found.high, found.n, found.patients) == (0.5, 0, 1, 6, 2)


def test_one_patient_has_no_interval():
    found = over_patients(np.array([1.0, 3]), ["a", "a"], np.median)
    assert found.value == 2
    assert np.isnan(found.low)
    assert np.isnan(found.high)


def test_what_is_nan_does_not_count():
    found = over_patients(np.array([np.nan, 4.0, np.nan]), list("abc"), np.mean)
    assert (found.value, found.n, found.patients) == (4, 1, 1)
    assert over_patients(np.array([np.nan]), ["a"], np.mean).n == 0


def test_the_same_values_have_the_same_interval_in_any_order():
    values, patients = np.arange(12.0), list("aabbccddeeff")
    order = np.random.default_rng(3).permutation(12)
    one = over_patients(values, patients, np.median)
    assert one == over_patients(values[order], [patients[i] for i in order], np.median)
    assert one.low < one.value < one.high
