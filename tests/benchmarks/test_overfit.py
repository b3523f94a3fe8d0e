"""Each model learns a phantom clip by heart (region IoU > 0.9, point < 2 % of the width, onset within 1 frame,
track < 3 px); what it takes beside is a minute or two of a CPU each.
"""

import pytest

from bleedkit.benchmarks.overfit import Learnt, draw, overfit_bloodet, overfit_onset, overfit_source, overfit_track

slow = pytest.mark.slow


@slow
def test_bloodet(tmp_path):
    figures = overfit_bloodet(tmp_path).figures
    assert figures["region IoU"] > 0.9
    assert figures["point error, share of the width"] < 0.02
    assert figures["presence"] == 1


@slow
def test_onset(tmp_path):
    assert overfit_onset(tmp_path).figures["onset error, frames"] <= 1


@slow
def test_source(tmp_path):
    assert overfit_source(tmp_path).figures["point error, share of the width"] < 0.02


@slow
def test_track(tmp_path):
    figures = overfit_track(tmp_path).figures
    assert figures["track error, px of 512"] < 3
    assert figures["standing still"] > 3, "a tracker that never moves would pass as well"


def test_the_picture(tmp_path):
    over = [(4, {"error": 0.5}), (8, {"error": 0.1})]
    draw([Learnt("a", [3.0, 2.0, 1.0], over, 1.0), Learnt("b", [3.0, 1.0], over, 2.0)], tmp_path / "o.png")
    assert (tmp_path / "o.png").read_bytes().startswith(b"\x89PNG")
    assert Learnt("a", [1.0], over, 1.0).figures == {"error": 0.1}
