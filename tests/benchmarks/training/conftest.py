"""The toy task as a module, and a small cohort of SurgBlood's layout."""

import importlib.util
import sys
from pathlib import Path

import pytest
from bleedkit_test_layouts.surgblood import write_surgblood

from bleedkit.datasets.build import build_cohort
from bleedkit.datasets.registry import DATASETS

TOY = Path(__file__).parent / "toy_task.py"


@pytest.fixture(scope="session")
def toy():
    spec = importlib.util.spec_from_file_location("bleedkit_toy_task", TOY)
    module = importlib.util.module_from_spec(spec)
    sys.modules["bleedkit_toy_task"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def toy_script():
    return TOY


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """(cohort, what was written): three patients with two clips of 10 frames, 64x48; the official split leaks."""
    folder = tmp_path_factory.mktemp("surgblood")
    truth = write_surgblood(folder / "src", frames=10)
    return build_cohort(DATASETS["surgblood"], folder / "src", folder / "cohort").cohort, truth
