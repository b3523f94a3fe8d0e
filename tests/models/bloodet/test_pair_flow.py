"""Frames encoded once: PWC-Net's pyramids joined and taken apart, and plain flows left as they are."""

from itertools import pairwise

import torch

from bleedkit.models.bloodet.network import BlooDet
from bleedkit.models.bloodet.pair_flow import by_frame, encoded, flow_between, flows_between, joined
from bleedkit.models.bloodet.size import TINY
from bleedkit.models.pwc_net import Pyramid


class Halves:
    """A flow in two halves that knows what it was asked for."""

    def __init__(self) -> None:
        self.encoded, self.pairs = 0, 0

    def __call__(self, previous, current):
        return self.flow(self.pyramid(previous), self.pyramid(current))

    def pyramid(self, pictures):
        self.encoded += len(pictures)
        return Pyramid((pictures[..., ::2, ::2], pictures[..., ::4, ::4]), pictures.shape[-2:], pictures.shape[-2:])

    def flow(self, first, second):
        self.pairs += len(first.levels[0])
        moved = 60 * (first.levels[0] - second.levels[0])[:, :2]
        return torch.nn.functional.interpolate(moved, first.size, mode="bilinear")


def test_a_batch_of_clips_comes_apart_by_frame_and_back_together():
    pictures = torch.rand(6, 3, 8, 8)  # two clips of three frames
    for batch in (pictures, Halves().pyramid(pictures)):
        frames = by_frame(batch, 3)
        whole = joined(frames)
        order = [0, 3, 1, 4, 2, 5]
        for came, kept in zip(*(b.levels if isinstance(b, Pyramid) else [b] for b in (whole, batch)), strict=True):
            assert torch.equal(came, kept[order])


def test_a_clip_of_one_frame_stays_channels_last():
    """torch.cat, as the decoders use it, asks the strides, and falls back to a layout that takes half as long again."""
    level = torch.rand(1, 4, 8, 8).contiguous(memory_format=torch.channels_last)
    ((frame,), *_) = (batch.levels for batch in by_frame(Pyramid((level,), (16, 16), (16, 16)), 1))
    assert torch.cat([frame, frame], 1).is_contiguous(memory_format=torch.channels_last)


def test_halves_give_the_flow_of_the_whole():
    flow, a, b = Halves(), torch.rand(2, 3, 8, 8), torch.rand(2, 3, 8, 8)
    torch.testing.assert_close(flow_between(flow, encoded(flow, a), encoded(flow, b)), flow(a, b))
    plain = flow.__call__
    torch.testing.assert_close(flow_between(plain, encoded(plain, a), encoded(plain, b)), flow(a, b))


def test_pairs_together_are_pairs_one_by_one():
    flow = Halves()
    first, second = ([flow.pyramid(torch.rand(2, 3, 8, 8)) for _ in range(3)] for _ in range(2))
    together = flow_between(flow, joined(first), joined(second)).chunk(3)
    for flows in (flows_between(flow, first, second), together):
        for found, a, b in zip(flows, first, second, strict=True):
            torch.testing.assert_close(found, flow.flow(a, b))


def test_every_frame_is_encoded_once_whatever_the_pairs(clip):
    frames = clip[:1]
    for variant, pairs in (("paper", 9), ("code", 1 + 2 + 3 + 4 + 5 + 6 + 7 + 7 + 7)):
        flow = Halves()
        torch.manual_seed(0)
        model = BlooDet(flow=flow, size=TINY, variant=variant).eval()
        with torch.no_grad():
            whole = model(frames)
            assert (flow.encoded, flow.pairs) == (10, pairs)
            model_of_wholes = BlooDet(flow=flow.__call__, size=TINY, variant=variant).eval()
            model_of_wholes.load_state_dict(model.state_dict())
            torch.testing.assert_close(model_of_wholes(frames).point, whole.point)
    assert len(list(pairwise(range(10)))) == 9
