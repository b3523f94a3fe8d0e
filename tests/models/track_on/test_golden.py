"""The official code's own outputs, under weights that follow from the entries' names."""

from ast import literal_eval
from pathlib import Path

import numpy as np
import pytest
import torch

from bleedkit.models.track_on.features import SIZE
from bleedkit.models.track_on.follow import track_clip

GOLDEN = Path(__file__).parents[3].parent / "shared/golden/trackon_v1_golden.npz"
pytestmark = pytest.mark.skipif(
    not GOLDEN.exists(), reason=f"needs {GOLDEN.name}, which is not published with the code"
)


@pytest.fixture(scope="module")
def golden():
    with np.load(GOLDEN) as arrays:
        return dict(arrays)


def test_every_entry_of_the_official_checkpoint_has_its_place_and_no_other(network, golden):
    official = {str(n): literal_eval(str(s)) for n, s in zip(golden["keys"], golden["shapes"], strict=True)}
    assert {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()} == official
    assert len(official) == 753


@pytest.mark.slow
def test_the_official_outputs_are_reproduced(network, golden):
    outputs: dict[str, list[np.ndarray]] = {}
    hooks = [
        getattr(network, part).register_forward_hook(
            lambda _module, _given, answer, part=part: outputs.setdefault(part, []).append(answer.numpy())
        )
        for part in ("feature_decoder", "query_decoder", "rerank_module", "offset_head")
    ]
    try:
        with torch.inference_mode():
            check(network, golden, outputs)
    finally:
        for hook in hooks:
            hook.remove()


def check(network, golden, outputs):
    video = torch.from_numpy(golden["video"])[0].float()
    to_network = np.array(SIZE[::-1]) / np.array(video.shape[:-3:-1])
    queries = torch.from_numpy(golden["queries"][0] * np.array([1, *to_network], np.float32))
    frames = [network.encode(frame[None]) for frame in video]
    sums = np.stack([cells.sum(1) for cells in outputs["feature_decoder"]])
    np.testing.assert_allclose(sums, golden["feature_decoder_sum_m12"], rtol=1e-4, atol=2)  # sums of 12,288 cells
    for memory in (12, 48):
        for part in ("query_decoder", "rerank_module", "offset_head"):
            outputs[part] = []
        found = track_clip(network, frames, queries, memory)
        for part in ("query_decoder", "rerank_module"):
            np.testing.assert_allclose(np.stack(outputs[part]), golden[f"{part}_m{memory}"], atol=1e-3)
        offsets = np.stack(outputs["offset_head"]) * np.array(SIZE[::-1])
        np.testing.assert_allclose(offsets, golden[f"offset_head_m{memory}"][:, :, -1], atol=1e-3)
        xy, visible, uncertain = (
            np.stack([getattr(each, name)[0].numpy() for each in found]) for name in ("xy", "visible", "uncertain")
        )
        np.testing.assert_allclose(xy / to_network, golden[f"points_m{memory}"][0], atol=1e-3)
        np.testing.assert_array_equal(visible > 0.8, golden[f"vis_m{memory}"][0])
        np.testing.assert_allclose(logit(visible), golden[f"vlogit_m{memory}"][0], atol=1e-4)
        np.testing.assert_allclose(logit(uncertain), golden[f"ulogit_m{memory}"][0], atol=1e-4)


def logit(chance: np.ndarray) -> np.ndarray:
    return np.log(chance / (1 - chance))
