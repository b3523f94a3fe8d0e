import pytest
import torch

from bleedkit.benchmarks.training import checkpoint as module
from bleedkit.benchmarks.training.checkpoint import Checkpoint, checkpoint_folders, load_checkpoint, save_checkpoint
from bleedkit.datasets.errors import BleedkitError


def made(step=3):
    model = torch.nn.Linear(2, 1)
    optimiser = torch.optim.Adam(model.parameters())
    model(torch.ones(1, 2)).sum().backward()
    optimiser.step()
    return Checkpoint(step, "digest", model.state_dict(), optimiser.state_dict(), {"rank": torch.tensor([1.5]), "n": 4})


def test_what_is_read_is_what_was_written(tmp_path):
    saved = made()
    found = load_checkpoint(save_checkpoint(tmp_path, saved, keep=2))
    assert (found.step, found.settings, found.task["n"]) == (3, "digest", 4)
    assert torch.equal(found.task["rank"], torch.tensor([1.5]))
    assert all(torch.equal(found.weights[name], value) for name, value in saved.weights.items())
    for number, moments in saved.optimiser["state"].items():
        assert all(torch.equal(found.optimiser["state"][number][name], value) for name, value in moments.items())
    assert found.optimiser["param_groups"] == saved.optimiser["param_groups"]


def test_only_the_newest_are_kept(tmp_path):
    for step in (5, 100, 20):
        save_checkpoint(tmp_path, made(step), keep=2)
    assert [folder.name for folder in checkpoint_folders(tmp_path)] == ["00000020", "00000100"]


def test_a_disk_that_is_full_costs_nothing_that_was_there(tmp_path, monkeypatch):
    save_checkpoint(tmp_path, made(1), keep=1)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module.torch, "save", full)
    with pytest.raises(BleedkitError, match=r"No space left on device.*earlier checkpoints are kept"):
        save_checkpoint(tmp_path, made(2), keep=1)
    assert [path.name for path in (tmp_path / "checkpoints").iterdir()] == ["00000001"]
    assert load_checkpoint(checkpoint_folders(tmp_path)[-1]).step == 1


def test_a_broken_one_is_told(tmp_path):
    folder = save_checkpoint(tmp_path, made(), keep=1)
    (folder / "state.pt").write_bytes((folder / "state.pt").read_bytes()[:100])
    with pytest.raises(BleedkitError, match="delete that folder"):
        load_checkpoint(folder)
