"""Flows on disk: computed once, never mistaken for others, and the same bits whatever was there before."""

import pytest
import torch

from bleedkit.datasets.errors import BleedkitError
from bleedkit.models.flows import FLOWS, flow_told
from bleedkit.models.stage import CPU
from bleedkit.models.stored_flow import StoredFlow

SIZE = (6, 8)
SETTINGS = {"name": "difference", "weights": {"a": "0f"}}


class Difference:
    """A flow model that says by how much the pictures' first pixel differs, and remembers its batches."""

    def __init__(self):
        self.batches = []

    def __call__(self, previous, current):
        first, second = ((100 * pictures[:, 0, 0, 0]).round().int().tolist() for pictures in (previous, current))
        self.batches.append(list(zip(first, second, strict=True)))
        change = (current - previous)[:, 0, 0, 0].float()
        return torch.stack([change, -change], dim=1)[..., None, None].expand(-1, -1, *SIZE)


def pictures(*hundredths):
    return torch.stack([torch.full((3, *SIZE), number / 100) for number in hundredths])


def test_a_pair_is_computed_once_alone_and_told_in_its_place(tmp_path):
    flow = Difference()
    stored = StoredFlow(flow, tmp_path, SETTINGS)
    stored(pictures(1), pictures(3))
    found = stored(pictures(0, 1, 3, 3), pictures(5, 3, 1, 4))
    assert flow.batches == [[(1, 3)], [(0, 5)], [(3, 1)], [(3, 4)]]
    assert found.shape == (4, 2, *SIZE)
    wanted = torch.tensor([[0.05, -0.05], [0.02, -0.02], [-0.02, 0.02], [0.01, -0.01]])
    torch.testing.assert_close(found[:, :, 2, 3], wanted)
    another = Difference()
    again = StoredFlow(another, tmp_path, SETTINGS)(pictures(0, 1, 3, 3), pictures(5, 3, 1, 4))
    assert torch.equal(again, found)
    assert another.batches == []


@pytest.mark.parametrize(("settings", "first", "second"), [
    ({**SETTINGS, "weights": {"a": "1f"}}, pictures(1), pictures(2)),
    ({**SETTINGS, "width": 512}, pictures(1), pictures(2)),
    (SETTINGS, pictures(2), pictures(1)),
    (SETTINGS, pictures(1).double(), pictures(2).double()),
    (SETTINGS, pictures(1), pictures(2) + torch.eye(6, 8) * 1e-6),
    (SETTINGS, pictures(1).mT.reshape(1, 3, *SIZE[::-1]), pictures(2).mT.reshape(1, 3, *SIZE[::-1])),
])  # fmt: skip
def test_other_weights_settings_or_pictures_are_others_flows(tmp_path, settings, first, second):
    StoredFlow(Difference(), tmp_path, SETTINGS)(pictures(1), pictures(2))
    flow = Difference()
    StoredFlow(flow, tmp_path, settings)(first, second)
    assert len(flow.batches) == 1


@pytest.mark.parametrize("damage", [lambda data: data[:20], lambda _: b"", lambda data: data[:-1]])
def test_a_damaged_file_is_made_again(tmp_path, damage):
    first = StoredFlow(Difference(), tmp_path, SETTINGS)(pictures(1), pictures(2))
    (file,) = tmp_path.rglob("*.f32")
    whole = file.read_bytes()
    assert len(whole) == 2 * 6 * 8 * 4
    file.write_bytes(damage(whole))
    assert torch.equal(StoredFlow(Difference(), tmp_path, SETTINGS)(pictures(1), pictures(2)), first)
    assert file.read_bytes() == whole


def test_the_folder_is_bounded_and_what_it_does_not_take_is_still_told(tmp_path):
    one = 2 * 6 * 8 * 4
    flow = Difference()
    stored = StoredFlow(flow, tmp_path, SETTINGS, most_bytes=2 * one)
    found = stored(pictures(1, 2, 3), pictures(2, 3, 5))
    assert found[:, 0, 0, 0].tolist() == pytest.approx([0.01, 0.01, 0.02])
    assert len(list(tmp_path.rglob("*.f32"))) == 2
    # The next process finds the folder full, and reads what is there.
    again = Difference()
    assert torch.equal(
        StoredFlow(again, tmp_path, SETTINGS, most_bytes=2 * one)(pictures(1, 2, 3), pictures(2, 3, 5)), found
    )
    assert again.batches == [[(3, 5)]]
    assert len(list(tmp_path.rglob("*.f32"))) == 2


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(BleedkitError, match="elsewhere with --cache"):
        StoredFlow(Difference(), tmp_path / "file", SETTINGS)(pictures(1), pictures(2))


def test_a_real_flow_comes_back_to_the_bit(tmp_path):
    flow = FLOWS["dis"].build(CPU)
    noise = torch.rand(3, 3, 12, 16, generator=torch.Generator().manual_seed(0))
    frames = torch.nn.functional.interpolate(noise, (48, 64), mode="bicubic").clamp(0, 1)
    wanted = flow(frames[:-1], frames[1:])
    assert wanted.abs().max() > 1
    stored = StoredFlow(flow, tmp_path, flow_told("dis", CPU))
    for _ in range(2):
        assert torch.equal(stored(frames[:-1], frames[1:]), wanted)
