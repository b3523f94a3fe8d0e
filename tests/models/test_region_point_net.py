"""What a network declares of itself, and that the declared networks are what they say."""

import pytest
import torch

from bleedkit.models.region_point_net import RegionPointNet
from bleedkit.models.region_point_nets import REGION_POINT_NETS
from bleedkit.models.weights_table import WEIGHTS


def test_what_a_network_begins_with_is_said_in_full_or_not_at_all():
    with pytest.raises(ValueError, match="toy: pretrained, begin, encoder and encoder_rate go together"):
        RegionPointNet("toy", "Toy", "", lambda _size: None, {}, 1e-3, pretrained="sam2_base_plus")


@pytest.mark.parametrize("name", sorted(REGION_POINT_NETS))
def test_a_declared_network_takes_its_pictures_and_streams(name):
    net = REGION_POINT_NETS[name]
    assert name == net.name
    assert set(net.pictures) == {"full", "tiny"}
    assert not net.pretrained or net.pretrained in WEIGHTS
    torch.manual_seed(0)
    model, size = net.make("tiny").eval(), net.pictures["tiny"]
    clip = torch.rand(1, 3, 3, size.height, size.width)
    state = model.start()
    with torch.no_grad():
        whole = model(clip)
        for at, frame in enumerate(clip.unbind(1)):
            found, state = model.step(frame, state)
            torch.testing.assert_close(found.point, whole.point[:, at], atol=1e-4, rtol=0)
            torch.testing.assert_close(found.mask_logits, whole.mask_logits[:, at], atol=1e-4, rtol=0)
    if net.encoder is not None:
        inside = {id(parameter) for parameter in net.encoder(model).parameters()}
        assert inside and inside <= {id(parameter) for parameter in model.parameters()}
