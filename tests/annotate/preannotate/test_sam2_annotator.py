"""SAM 2 asked for labels: regions from clicks, boxes and drawings through a clip, as its own parts say."""

import numpy as np
import pytest
import torch

from bleedkit.annotate.preannotate import sam2_annotator
from bleedkit.annotate.preannotate.annotator import ModelChoice
from bleedkit.annotate.preannotate.clip_pictures import ClipPictures
from bleedkit.annotate.preannotate.clip_unit import ClipUnit, Prompt
from bleedkit.annotate.preannotate.sam2_annotator import Sam2Annotator
from bleedkit.annotate.preannotate.sam2_choice import SPEC
from bleedkit.annotate.preannotate.sam2_network import FULL_SIZE, TINY_SIZE, PromptedSam2, sam2_network
from bleedkit.datasets.errors import BleedkitError
from bleedkit.datasets.mask_store import MaskFile
from bleedkit.datasets.schema import ImageSize, MaskLabel
from bleedkit.models.picture_frame import StretchedPicture
from bleedkit.models.stage import Resources
from bleedkit.models.weights import mark_loaded

from .conftest import SIZE, picture

SMALL = StretchedPicture(SIZE, ImageSize(TINY_SIZE.image, TINY_SIZE.image))


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    network = sam2_network(TINY_SIZE).eval()
    torch.nn.init.constant_(network.sam_mask_decoder.pred_obj_score_head.layers[-1].bias, 3.0)
    mark_loaded(network, "0f")
    return network


def asked(network, cohort, *prompts):
    unit = ClipUnit("clip0", "sam2", tuple(range(6)), prompts)
    said = Sam2Annotator(network, device="cpu").answer(unit, ClipPictures(cohort, "clip0"))
    return {region.frame: region for region in said.regions}


def by_hand(network, at, **said):
    """Each frame's mask from one prompted frame: on, then back with what was seen on the way on."""
    sam2 = PromptedSam2(network)
    seen = [sam2.encode(SMALL.tensor(picture(frame))[None]) for frame in range(6)]
    drawn = {at: sam2.prompted(seen[at], **said)}
    prompted, recent = {at: drawn[at].memory}, {}
    for frame in [*range(at + 1, 6), *range(at - 1, -1, -1)]:
        drawn[frame] = sam2.followed(seen[frame], frame, prompted, recent, 6, backwards=frame < at)
        recent[frame] = drawn[frame].memory
    return {frame: (MaskFile.of(SMALL.mask(one.logits[0])).digest, one.likeness) for frame, one in drawn.items()}


def assert_the_same(said, wanted):
    assert said.keys() == wanted.keys()
    for frame, (digest, likeness) in wanted.items():
        assert said[frame].mask.digest == digest, f"frame {frame}"
        assert said[frame].confidence == pytest.approx(likeness)
    assert any(region.mask.area for region in said.values()), "something must be drawn for this to mean anything"


def test_a_click_becomes_a_region_in_its_frame_and_all_others(network, block_cohort):
    click = torch.tensor([[42 / 160, 44.5 / 96]])
    assert_the_same(asked(network, block_cohort, Prompt(2, ((42.0, 44.5),))), by_hand(network, 2, clicks=click))


def test_a_box_does(network, block_cohort):
    box = torch.tensor([[30 / 160, 30 / 96], [50 / 160, 60 / 96]])
    assert_the_same(asked(network, block_cohort, Prompt(1, box=(30.0, 30.0, 50.0, 60.0))), by_hand(network, 1, box=box))


@pytest.fixture
def drawn_cohort(block_cohort):
    """With people's masks: the block in frame 1, none in frame 4."""
    block = np.zeros((SIZE.height, SIZE.width), bool)
    block[34:50, 28:44] = True
    files = {1: MaskFile.of(block), 4: MaskFile.of(np.zeros_like(block))}
    rows = [
        MaskLabel(clip_id="clip0", frame=frame, path=file.path, digest=file.digest, area=file.area)
        for frame, file in files.items()
    ]
    block_cohort.append(masks=rows, files={file.path: file.data for file in files.values()})
    return block_cohort, files[1]


def test_what_people_drew_is_followed_up_to_the_next_frame_they_drew(network, drawn_cohort):
    cohort, file = drawn_cohort
    said = asked(network, cohort, Prompt(1, masks=(file.path,), walled=True), Prompt(4, walled=True))
    # From frame 1 back to 0 and on to 3; frame 4 has no region, so that nothing leads to 5.
    assert sorted(said) == [0, 2, 3]
    mask = torch.zeros(128, 128)
    # 28..44 of 160 wide is 22.4..35.2 of 128, 34..50 of 96 high is 45.3..66.7: pixels that it covers by half. By the
    # filter column 22 is covered by 0.7 / 1.2, rows 45 and 66 by 0.625: less than half where they meet.
    mask[45:67, 22:35] = 1
    mask[[45, 66], 22] = 0
    wanted = by_hand(network, 1, mask=mask)
    assert [said[frame].mask.digest for frame in (2, 3)] == [wanted[frame][0] for frame in (2, 3)]


def test_the_way_back_is_the_same_piece_by_piece(network, block_cohort, monkeypatch):
    prompt = Prompt(5, ((60.0, 50.0),))
    whole = asked(network, block_cohort, prompt)
    monkeypatch.setattr(sam2_annotator, "BACK_AT_ONCE", 2)
    assert repr(asked(network, block_cohort, prompt)) == repr(whole)


def test_random_weights_are_refused(block_cohort, weights):
    with pytest.raises(BleedkitError, match="SAM2Base are random"):
        asked(sam2_network(TINY_SIZE), block_cohort, Prompt(0, ((1.0, 1.0),)))
    missing = Resources(weights={"sam2_base_plus": weights["bloodet"].with_name("nowhere.pt")})
    with pytest.raises(BleedkitError, match=r"nowhere\.pt"):
        SPEC.settings(ModelChoice("sam2", missing))
    with pytest.raises(BleedkitError, match="does not fit SAM2Base"):
        SPEC.build(ModelChoice("sam2", Resources(weights={"sam2_base_plus": weights["bloodet"]}), "tiny"))


def test_the_full_size_has_a_place_for_every_tensor_of_the_official_checkpoint():
    from sam2.build_sam import build_sam2_video_predictor

    official = build_sam2_video_predictor("configs/sam2/sam2_hiera_b+.yaml", device="cpu")
    ours = {name: tensor.shape for name, tensor in sam2_network(FULL_SIZE).state_dict().items()}
    assert ours == {name: tensor.shape for name, tensor in official.state_dict().items()}
