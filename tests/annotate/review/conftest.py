"""A small cohort of moving texture, densified, with exact truth at hand; and sessions on it."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from bleedkit.annotate.review.session import ReviewSession
from bleedkit.datasets import vl_surgpt
from bleedkit.datasets.build import build_cohort
from bleedkit.datasets.cohort import Cohort
from bleedkit.datasets.media import clip_images
from bleedkit.datasets.moving_texture import write_moving_texture
from bleedkit.pseudolabel.engines import EngineChoice
from bleedkit.pseudolabel.run import run_pseudolabels


@pytest.fixture(scope="session")
def dense_texture(tmp_path_factory) -> Path:
    """Folder with `clips/` and `cohort/`: two clips of 41 frames, labels at 0, 30 and 40 and pseudo-labels between."""
    folder = tmp_path_factory.mktemp("review texture")
    root = write_moving_texture(folder / "clips", clips=2, frames=41, seed=5)
    spec = replace(vl_surgpt.SPEC, expected={}, contradictions=())
    cohort = build_cohort(spec, root, folder / "cohort").cohort
    run_pseudolabels(cohort, out=folder / "run", engine=EngineChoice(workers=1))
    return folder


@pytest.fixture
def dense(dense_texture, tmp_path) -> Cohort:
    """A densified cohort of one's own."""
    shutil.copytree(dense_texture / "cohort", tmp_path / "cohort")
    return Cohort(tmp_path / "cohort", dense_texture / "clips")


def images_of(cohort):
    """The pictures of a clip's frames, decoded when asked for."""

    def of_clip(clip_id):
        def images(frames):
            return clip_images(cohort.media_root, cohort.clip(clip_id), cohort.frames(clip_id), frames)

        return images

    return of_clip


@pytest.fixture
def session(cohort) -> ReviewSession:
    """A reviewer on the toy cohort; corrections stand alone."""
    return ReviewSession(cohort, "kim", images_of=images_of(cohort))
