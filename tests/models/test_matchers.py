import json
import subprocess
import sys

import numpy as np
import pytest

from bleedkit.models.matcher import Disc, Matches
from bleedkit.models.matchers import MATCHERS
from bleedkit.models.stage import CPU
from bleedkit.models.weights import WEIGHTS


def test_the_registry_is_read_without_torch():
    code = "import sys, bleedkit.models.matchers; print(sorted({'torch', 'kornia', 'cv2'} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


@pytest.mark.parametrize("name", sorted(MATCHERS))
def test_every_matcher_names_known_weights(name):
    assert set(MATCHERS[name].weights) <= set(WEIGHTS)


@pytest.mark.parametrize("name", ["xfeat", "xfeat-cosine", "xfeat-hub"])
def test_settings_hold_every_number_and_the_weights_digests(name, xfeat_resources):
    settings = json.loads(json.dumps(MATCHERS[name].settings(xfeat_resources)))
    assert settings.pop("weights").keys() == set(MATCHERS[name].weights)
    assert settings == {"top_k": 4096, "threshold": 0.05, "margin": 48.0}


def test_settings_of_sift_need_no_weights():
    assert MATCHERS["sift"].settings(CPU) == {"contrast": 0.01, "margin": 32.0}


def test_matches_are_put_in_order_surest_first():
    xy = np.array([[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]])
    found = Matches.of(xy, xy + 5, np.array([0.2, 0.9, 0.2]))
    np.testing.assert_array_equal(found.first[:, 0], [1, 0, 2])
    np.testing.assert_array_equal(found.second[:, 0], [6, 5, 7])
    assert len(Matches.none().confidence) == 0


def test_a_disc_holds_its_rim():
    disc = Disc(np.array([10.0, 10.0]), 5.0)
    np.testing.assert_array_equal(disc.holds(np.array([[13.0, 14.0], [13.1, 14.0]])), [True, False])
