"""A clip's flows: computed once, forgotten in order, and never mistaken for others on disk."""

import pytest
import torch

from bleedkit.datasets.errors import BleedkitError
from bleedkit.models.clip_flow import ClipFlow

SIZE = (6, 8)


class Difference:
    """A flow model that says by how much the pictures' first pixel differs, and remembers its batches."""

    def __init__(self):
        self.batches = []

    def __call__(self, previous, current):
        self.batches.append(
            [
                (int(a * 100 + 0.5), int(b * 100 + 0.5))
                for a, b in zip(previous[:, 0, 0, 0], current[:, 0, 0, 0], strict=True)
            ]
        )
        change = (current - previous)[:, 0, 0, 0]
        return torch.stack([change, -change], dim=1)[..., None, None].expand(-1, -1, *SIZE)


def pictures(count, start=0):
    return [torch.full((3, *SIZE), (start + t) / 100) for t in range(count)]


def test_any_pairs_are_told_in_their_order():
    clip = ClipFlow(Difference(), pictures(6))
    flows = clip.between([(0, 5), (3, 1), (0, 5)])
    assert flows.shape == (3, 2, *SIZE)
    torch.testing.assert_close(flows[:, :, 0, 0], torch.tensor([[0.05, -0.05], [-0.02, 0.02], [0.05, -0.05]]))


def test_consecutive_frames_of_one_tensor():
    flow = Difference()
    flows = ClipFlow(flow, torch.stack(pictures(4)), batch=2).consecutive()
    assert flows.shape == (3, 2, *SIZE)
    assert flow.batches == [[(0, 1), (1, 2)], [(2, 3)]]


def test_a_pair_is_computed_once():
    flow = Difference()
    clip = ClipFlow(flow, pictures(4))
    clip.consecutive()
    clip.between([(1, 2), (2, 1), (0, 1)])
    assert flow.batches == [[(0, 1), (1, 2), (2, 3)], [(2, 1)]]


def test_memory_is_bounded_and_what_was_used_last_stays():
    flow = Difference()
    clip = ClipFlow(flow, pictures(5), keep=2)
    clip.between([(0, 1), (1, 2)])
    clip.between([(0, 1)])
    clip.between([(2, 3)])  # (1, 2) goes, it was used longest ago
    flow.batches.clear()
    clip.between([(0, 1), (2, 3)])
    assert flow.batches == []
    clip.between([(1, 2)])
    assert flow.batches == [[(1, 2)]]
    assert len(clip._kept) == 2


def test_more_pairs_than_are_kept_are_all_told():
    flows = ClipFlow(Difference(), pictures(6), keep=1, batch=2).consecutive()
    torch.testing.assert_close(flows[:, 0, 0, 0], torch.full((5,), 0.01))


SETTINGS = {"flow": "difference", "weights": {"a": "0f"}}


def on_disk(folder, flow, frames, settings=SETTINGS):
    return ClipFlow(flow, frames, folder=folder, settings=settings)


def test_what_is_on_disk_is_not_computed_again(tmp_path):
    first = on_disk(tmp_path, Difference(), pictures(3)).consecutive()
    flow = Difference()
    assert torch.equal(on_disk(tmp_path, flow, pictures(3)).consecutive(), first)
    assert flow.batches == []


@pytest.mark.parametrize(("settings", "frames"), [
    ({**SETTINGS, "weights": {"a": "1f"}}, pictures(3)),
    ({**SETTINGS, "width": 512}, pictures(3)),
    (SETTINGS, pictures(3, start=50)),
    (SETTINGS, [picture.double() for picture in pictures(3)]),
])  # fmt: skip
def test_other_weights_settings_or_pictures_are_others_flows(tmp_path, settings, frames):
    on_disk(tmp_path, Difference(), pictures(3)).consecutive()
    flow = Difference()
    on_disk(tmp_path, flow, frames, settings).consecutive()
    assert sum(len(batch) for batch in flow.batches) == 2


def test_a_frame_of_another_clip_that_looks_the_same_shares_its_flows(tmp_path):
    on_disk(tmp_path, Difference(), pictures(4)).consecutive()
    flow = Difference()
    on_disk(tmp_path, flow, pictures(3, start=1)).consecutive()
    assert flow.batches == []


@pytest.mark.parametrize("damage", [lambda data: data[:20], lambda _: b"", lambda data: data[:-1]])
def test_a_damaged_file_is_made_again(tmp_path, damage):
    first = on_disk(tmp_path, Difference(), pictures(2)).consecutive()
    (file,) = tmp_path.rglob("*.safetensors")
    whole = file.read_bytes()
    file.write_bytes(damage(whole))
    assert torch.equal(on_disk(tmp_path, Difference(), pictures(2)).consecutive(), first)
    assert file.read_bytes() == whole


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(BleedkitError, match="go without a folder"):
        on_disk(tmp_path / "file", Difference(), pictures(2)).consecutive()


def test_misuse_is_told(tmp_path):
    with pytest.raises(ValueError, match="settings"):
        ClipFlow(Difference(), pictures(2), folder=tmp_path)
    with pytest.raises(ValueError, match="at least 1"):
        ClipFlow(Difference(), pictures(2), keep=0)
    with pytest.raises(ValueError, match="no pairs"):
        ClipFlow(Difference(), pictures(1)).consecutive()
    with pytest.raises(IndexError):
        ClipFlow(Difference(), pictures(2)).between([(0, 2)])
