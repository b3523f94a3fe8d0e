"""A small cohort of moving-texture clips, made once a worker and copied for each test that writes to it."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from bleedkit_test_layouts.labelme import LabelMeTruth, write_clip

from bleedkit.datasets import vl_surgpt
from bleedkit.datasets.build import build_cohort
from bleedkit.datasets.cohort import Cohort
from bleedkit.datasets.moving_texture import write_moving_texture
from bleedkit.datasets.registry import DATASETS


@pytest.fixture(scope="session")
def texture(tmp_path_factory) -> Path:
    """Folder with `clips/` and `cohort/`: two clips of 41 frames, labels at 0, 30 and 40."""
    folder = tmp_path_factory.mktemp("texture")
    root = write_moving_texture(folder / "clips", clips=2, frames=41, seed=5)
    spec = replace(vl_surgpt.SPEC, expected={}, contradictions=())
    assert build_cohort(spec, root, folder / "cohort").cohort is not None
    return folder


@pytest.fixture
def cohort(texture, tmp_path) -> Cohort:
    """A cohort of one's own, its media where the fixture made them."""
    shutil.copytree(texture / "cohort", tmp_path / "cohort")
    return Cohort(tmp_path / "cohort", texture / "clips")


@pytest.fixture
def stills(tmp_path) -> Cohort:
    """A clip of 61 JPEG files, labelled at 0, 30 and 60."""
    write_clip(LabelMeTruth(tmp_path / "src"), "p01/trk1", 61, range(0, 61, 30), key=[0, 1, 61])
    return build_cohort(DATASETS["bleedorigin"], tmp_path / "src", tmp_path / "cohort").cohort
