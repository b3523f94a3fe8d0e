"""Made-up runs (made_runs.py, importable as bleedkit_made_runs), and a site of them in memory and on disk."""

import importlib.util
import sys
from pathlib import Path

import pytest

from bleedkit.benchmarks.leaderboard.site import leaderboard_site
from bleedkit.benchmarks.leaderboard.write_site import write_site
from bleedkit.benchmarks.runs.record import Efficiency
from bleedkit.benchmarks.runs.run_folder import BadRun

_spec = importlib.util.spec_from_file_location("bleedkit_made_runs", Path(__file__).parent / "made_runs.py")
_module = importlib.util.module_from_spec(_spec)
sys.modules["bleedkit_made_runs"] = _module
_spec.loader.exec_module(_module)
Made, Runs = _module.Made, _module.Runs


@pytest.fixture
def runs(tmp_path):
    return Runs(tmp_path / "runs")


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """Good and bad runs of two protocols with pictures, and the folder of all of them."""
    root = tmp_path_factory.mktemp("made")
    make = Runs(root, patients=7)
    models = (
        Made("good", 3, efficiency=Efficiency(91_600_000, 91_000_000, 1.2e11, 11.3, 5800)),
        Made("middling", 9, efficiency=Efficiency(24_400_000, 24_400_000, None, 41.0, 1200)),
        Made("cheat", 1, leaky=True),
        Made("mute", silent=True),
    )
    good = [make("track", model, seed, pictures=True) for model in models for seed in (0, 1)]
    good += [make("onset", model, seed, pictures=True) for model in models[:2] for seed in (0, 1)]
    good += [make("track", Made("human", 2), 0)]
    bad = [BadRun(root / "track/toy/main/broken/0", f"{root}/track/run.json is cut off", "run it again")]
    return good, bad, root


@pytest.fixture(scope="session")
def site(made):
    good, bad, root = made
    return leaderboard_site(good, bad, root=root, n_draws=200)


@pytest.fixture(scope="session")
def site_folder(site, tmp_path_factory):
    """The same on disk."""
    out = tmp_path_factory.mktemp("site") / "site"
    write_site(site.files, out)
    return out
