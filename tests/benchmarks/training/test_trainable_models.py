"""How the declared networks become tasks: which part learns how fast, and from which weights."""

import pytest
import torch
from safetensors.torch import save_file

from bleedkit.benchmarks.training.checkpoint import own_tensors
from bleedkit.benchmarks.training.trainable_models import MODELS, PRETRAINED, RANDOM, Wish
from bleedkit.datasets.errors import BleedkitError
from bleedkit.models.region_point_nets import REGION_POINT_NETS


def groups(made):
    return {group.name: (group.learning_rate, group.parameters) for group in made.task.parameter_groups()}


@pytest.mark.parametrize("name", sorted(REGION_POINT_NETS))
def test_what_begins_random_learns_at_one_rate(name):
    made = MODELS[name].make(Wish("tiny", RANDOM), None, 1)
    ((rate, parameters),) = groups(made).values()
    assert made.weights == {"model": RANDOM}
    assert rate == REGION_POINT_NETS[name].rate
    assert {id(p) for p in parameters} == {id(p) for p in made.task.model.parameters()}


def test_what_has_learnt_already_learns_more_slowly(tmp_path):
    file = tmp_path / "weights.safetensors"
    torch.manual_seed(3)
    earlier = REGION_POINT_NETS["sam2"].make("tiny")
    save_file(own_tensors(earlier.state_dict()), file)
    made = MODELS["sam2"].make(Wish("tiny", str(file)), None, 1)
    (slow, encoder), (fast, rest) = groups(made).values()
    assert (slow, fast) == (5e-6, 5e-4)  # SurgBlood 5.2
    assert {id(p) for p in encoder} == {id(p) for p in made.task.model.sam2.image_encoder.parameters()}
    assert len(encoder) + len(rest) == len(list(made.task.model.parameters()))
    torch.testing.assert_close(made.task.model.point_head.state_dict(), earlier.point_head.state_dict())


def test_there_is_nothing_pretrained_for_a_small_network_or_a_u_net():
    for name, size in (("sam2", "tiny"), ("unet", "tiny")):
        with pytest.raises(BleedkitError, match=r"no pretrained weights.*say --init random"):
            MODELS[name].make(Wish(size, PRETRAINED), None, 1)
