"""Cohorts of a bright block that moves over dark ground, and weights of tiny networks."""

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from bleedkit.annotate.preannotate.sam2_network import TINY_SIZE, sam2_network
from bleedkit.datasets.cohort import Cohort, CohortMeta, write_tables
from bleedkit.datasets.digest import file_digest
from bleedkit.datasets.schema import Clip, Frame, ImageSize
from bleedkit.datasets.tables import table_of
from bleedkit.datasets.transaction import locked, transaction
from bleedkit.models import sized_models
from bleedkit.models.bloodet.network import BlooDet
from bleedkit.models.bloodet.size import TINY
from bleedkit.models.dis_flow import DisFlow

SIZE = ImageSize(160, 96)


def place_of(frame):
    """The block's middle, pixels."""
    return 30.0 + 6 * frame, 40.0 + 2 * frame


def picture(frame):
    x, y = (round(value) for value in place_of(frame))
    rgb = np.full((SIZE.height, SIZE.width, 3), (60, 20, 20), np.uint8)
    rgb[y - 8 : y + 8, x - 8 : x + 8] = (250, 240, 230)
    return rgb


def write_block_cohort(folder: Path, clips, frames, without=()) -> Cohort:
    """Clips of PNG frames; those in `without` have no image."""
    root, out = folder / "media", folder / "cohort"
    ids = [f"clip{number}" for number in range(clips)]
    rows = []
    for clip_id in ids:
        (root / clip_id).mkdir(parents=True)
        for frame in range(frames):
            path = f"{clip_id}/{frame:06d}.png"
            if frame in without:
                rows.append(Frame(clip_id, frame, "", frame / 2, "", has_image=False))
                continue
            cv2.imwrite(str(root / path), picture(frame)[..., ::-1])
            rows.append(Frame(clip_id, frame, path, frame / 2, file_digest(root / path)))
    tables = {"clips": [Clip(c, f"p{i}", f"p{i}", 2, SIZE, frames) for i, c in enumerate(ids)], "frames": rows}
    meta = CohortMeta("block", "toy", "1", "none", "none", "1", "0", str(root))
    with locked(out), transaction(out) as staging:
        write_tables(staging, meta, {name: table_of(name, table) for name, table in tables.items()})
    return Cohort(out)


@pytest.fixture(scope="session")
def _block_cohort(tmp_path_factory):
    return write_block_cohort(tmp_path_factory.mktemp("block"), 2, 6)


@pytest.fixture
def block_cohort(_block_cohort, tmp_path) -> Cohort:
    """Two clips of six frames and no label, of one's own but for the media."""
    shutil.copytree(_block_cohort.folder, tmp_path / "cohort")
    return Cohort(tmp_path / "cohort")


@pytest.fixture(scope="session")
def weights(tmp_path_factory):
    """Files of tiny networks by name, as a training would leave them; `bloodet 2` is another training's."""
    folder = tmp_path_factory.mktemp("weights")
    made = {
        "bloodet": lambda: BlooDet(flow=DisFlow(width=512), size=TINY),
        "bloodet 2": lambda: BlooDet(flow=DisFlow(width=512), size=TINY),
        "bleedorigin_onset": lambda: sized_models.onset("tiny", DisFlow(width=512)),
        "bleedorigin_source": lambda: sized_models.source("tiny"),
        "sam2_base_plus": lambda: sam2_network(TINY_SIZE),
    }
    files = {}
    for seed, (name, make) in enumerate(made.items()):
        torch.manual_seed(seed)
        files[name] = folder / f"{name}.safetensors"
        save_file({key: tensor.contiguous().clone() for key, tensor in make().state_dict().items()}, files[name])
    return files
