"""The loop on a toy network: what it computes, how it stops, and how it goes on."""

import fcntl
import json
import signal
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file

from bleedkit.benchmarks.training.batches import stacked
from bleedkit.benchmarks.training.checkpoint import checkpoint_folders
from bleedkit.benchmarks.training.order import Order
from bleedkit.benchmarks.training.recipe import Recipe
from bleedkit.benchmarks.training.run import train
from bleedkit.benchmarks.training.training_log import read_steps
from bleedkit.datasets.errors import BleedkitError

FACTS = {"toy": 1}


def by_hand(toy, steps, recipe):
    """The same training without the loop: two optimisers, one for each half of the parameters, in turn."""
    task = toy.ToyTask(dropout=0.0)
    body, first, second = (task.model[name] for name in ("body", "first", "second"))
    one = torch.optim.Adam([{"params": body.parameters(), "lr": 1e-2}, {"params": first.parameters(), "lr": 2e-2}])
    two = torch.optim.Adam([{"params": second.parameters(), "lr": 3e-2}])
    highest = [1e-2, 2e-2, 3e-2]
    order = Order(12, recipe.batch, 1, recipe.seed)
    for step in range(steps):
        factor = (step + 1) / 2 if step < 2 else (steps - step) / (steps - 2)
        for group, rate in zip([*one.param_groups, *two.param_groups], highest, strict=True):
            group["lr"] = rate * factor
        batch = stacked([task.items().item(*key) for key in order.keys(step, 0)])
        for optimiser, head, column in ((one, first, 0), (two, second, 1)):
            optimiser.zero_grad()
            (head(body(batch.x))[:, 0] - batch.y[:, column]).square().mean().backward()
            moved = [p for group in optimiser.param_groups for p in group["params"]]
            length = torch.sqrt(sum(p.grad.square().sum() for p in moved))
            for p in moved:
                p.grad *= min(1.0, recipe.clip_norm / (length.item() + 1e-6))
            optimiser.step()
    return task.model.state_dict()


def test_phases_take_turns_and_each_moves_its_own(toy, tmp_path):
    recipe = Recipe(steps=8, batch=3, warm_up=0.25, clip_norm=0.5)
    task = toy.ToyTask(dropout=0.0)
    train(task, recipe, tmp_path, facts=FACTS)
    wanted = by_hand(toy, 8, recipe)
    for name, value in task.model.state_dict().items():
        torch.testing.assert_close(value, wanted[name], rtol=1e-5, atol=1e-7)
    assert all(p.requires_grad for p in task.model.parameters())
    assert not task.model.training


def test_what_a_run_leaves_behind(toy, tmp_path):
    trained = train(toy.ToyTask(), Recipe(steps=5, save_every=2), tmp_path, facts=FACTS)
    assert (trained.steps, trained.done_now) == (5, 5)
    record = json.loads((tmp_path / "run.json").read_text())
    assert (record["state"], record["steps"], record["facts"]) == ("done", 5, FACTS)
    assert record["weights_digest"] == trained.weights_digest
    assert record["peak_memory_mib"] > 50
    rows = read_steps(tmp_path)
    assert [row["step"] for row in rows] == list(range(5))
    assert all(row["loss"] == pytest.approx(row["sum"] + row["product"], rel=1e-5) for row in rows)
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")
    assert load_file(trained.weights).keys() == toy.ToyTask().model.state_dict().keys()
    assert any(path.name.startswith("events.") for path in (tmp_path / "tensorboard").iterdir())


def test_stopped_by_a_signal_it_goes_on_to_the_same_bits(toy, tmp_path):
    recipe = Recipe(steps=9, batch=2)
    whole = train(toy.ToyTask(), recipe, tmp_path / "whole", facts=FACTS)
    task = toy.ToyTask()
    after = task.after_step

    def ctrl_c(step):
        after(step)
        if step == 4:
            signal.raise_signal(signal.SIGINT)

    task.after_step = ctrl_c
    with pytest.raises(KeyboardInterrupt):
        train(task, recipe, tmp_path / "cut", facts=FACTS)
    assert [folder.name for folder in checkpoint_folders(tmp_path / "cut")] == ["00000005"]
    said = []
    again = train(toy.ToyTask(), recipe, tmp_path / "cut", facts=FACTS, say=said.append)
    assert said == ["goes on after step 5 of 9"]
    assert (again.done_now, again.steps) == (4, 9)
    assert again.weights_digest == whole.weights_digest
    third = train(toy.ToyTask(), recipe, tmp_path / "cut", facts=FACTS)
    assert (third.done_now, third.weights_digest) == (0, whole.weights_digest)


def test_a_loss_that_is_no_number_ends_it_and_leaves_the_last_good_checkpoint(toy, tmp_path):
    with pytest.raises(BleedkitError, match=r"at step 7, phase one, sum is nan, .*00000006; .*lower --rate"):
        train(toy.ToyTask(nan=7), Recipe(steps=20, save_every=3), tmp_path, facts=FACTS)
    weights = load_file(checkpoint_folders(tmp_path)[-1] / "weights.safetensors")
    assert all(torch.isfinite(value).all() for value in weights.values())
    assert not (tmp_path / "weights.safetensors").exists()


def test_other_settings_are_not_mixed_in(toy, tmp_path):
    train(toy.ToyTask(), Recipe(steps=2), tmp_path, facts=FACTS)
    for recipe, facts in ((Recipe(steps=3), FACTS), (Recipe(steps=2), {"toy": 2})):
        with pytest.raises(BleedkitError, match="other settings, data or first weights"):
            train(toy.ToyTask(), recipe, tmp_path, facts=facts)
    faster = toy.ToyTask()
    groups = [replace(group, learning_rate=1.0) for group in faster.parameter_groups()]
    faster.parameter_groups = lambda: groups
    with pytest.raises(BleedkitError, match="other settings, data or first weights"):
        train(faster, Recipe(steps=2), tmp_path, facts=FACTS)


def test_a_second_run_in_the_same_folder_is_refused(toy, tmp_path):
    with (tmp_path / ".lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        with pytest.raises(BleedkitError, match="another run is writing"):
            train(toy.ToyTask(), Recipe(steps=2), tmp_path, facts=FACTS)


def test_bf16_is_close_but_not_the_same(toy, tmp_path):
    plain, half = toy.ToyTask(dropout=0.0), toy.ToyTask(dropout=0.0)
    train(plain, Recipe(steps=5), tmp_path / "a", facts=FACTS)
    train(half, Recipe(steps=5, bf16=True), tmp_path / "b", facts=FACTS)
    a, b = plain.model["body"][0].weight, half.model["body"][0].weight
    assert b.dtype == torch.float32
    assert 0 < (a - b).abs().max() < 0.05


def test_items_come_in_the_order_of_the_order(toy, tmp_path):
    task, recipe = toy.ToyTask(), Recipe(steps=6, batch=5, seed=4)
    train(task, recipe, tmp_path, facts=FACTS)
    order = Order(12, 5, 1, 4)
    wanted = [[task.items().item(*key).x[0].item() for key in order.keys(step, 0)] for step in range(6)]
    assert task.seen == wanted
