"""Prompted SAM 2 against the `sam2` package's own video predictor, with the same random weights."""

import cv2
import numpy as np
import pytest
import torch

from bleedkit.annotate.preannotate.sam2_network import TINY_SIZE, PromptedSam2, sam2_network, sam2_settings

SIDE = TINY_SIZE.image
FRAMES = 8


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    network = sam2_network(TINY_SIZE).eval()
    # Random weights mostly hold the object to be absent, and then everything is equal.
    torch.nn.init.constant_(network.sam_mask_decoder.pred_obj_score_head.layers[-1].bias, 3.0)
    return network


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    """A folder of JPEG files as the predictor wants them, and their pixels."""
    folder, rng = tmp_path_factory.mktemp("film"), np.random.default_rng(1)
    texture = cv2.GaussianBlur(rng.integers(0, 256, (SIDE, 2 * SIDE, 3), np.uint8), (0, 0), 3)
    for number in range(FRAMES):
        cv2.imwrite(str(folder / f"{number:05d}.jpg"), texture[:, 4 * number : 4 * number + SIDE])
    from PIL import Image

    pixels = [np.array(Image.open(folder / f"{number:05d}.jpg")) for number in range(FRAMES)]
    return folder, [torch.from_numpy(rgb).permute(2, 0, 1)[None].float() / 255 for rgb in pixels]


@pytest.fixture(scope="module")
def predictor(network):
    from sam2.sam2_video_predictor import SAM2VideoPredictor

    made = SAM2VideoPredictor(**sam2_settings(TINY_SIZE)).eval()
    made.load_state_dict(network.state_dict())
    return made


def theirs(predictor, folder, prompt):
    """Mask logits at the frames' size by frame: `prompt(state)` says what the user says."""
    state = predictor.init_state(str(folder))
    prompt(state)
    found = {}
    for backwards in (False, True):
        for frame, _, logits in predictor.propagate_in_video(state, reverse=backwards):
            found[frame] = logits[0, 0]
    return found


def ours(network, pictures, at, **said):
    """The same from one prompted frame, forwards and backwards."""
    sam2 = PromptedSam2(network)
    seen = [sam2.encode(picture) for picture in pictures]
    begun = sam2.prompted(seen[at], **said)
    found, recent = {at: begun}, {}
    for frame in range(at + 1, FRAMES):
        found[frame] = sam2.followed(seen[frame], frame, {at: begun.memory}, recent, FRAMES)
        recent[frame] = found[frame].memory
    for frame in range(at - 1, -1, -1):
        found[frame] = sam2.followed(seen[frame], frame, {at: begun.memory}, recent, FRAMES, backwards=True)
        recent[frame] = found[frame].memory
    return {frame: large(drawn.logits) for frame, drawn in found.items()}


def large(logits):
    return torch.nn.functional.interpolate(logits, (SIDE, SIDE), mode="bilinear", align_corners=False)[0, 0]


def assert_the_same(mine, other):
    assert mine.keys() == other.keys() == set(range(FRAMES))
    for frame in mine:
        torch.testing.assert_close(mine[frame], other[frame], atol=1e-3, rtol=1e-3, msg=f"frame {frame}")
    assert any((mine[frame] > 0).any() for frame in mine), "something must be drawn for this to mean anything"


def test_a_click_is_followed_both_ways_as_by_sam2s_own_predictor(network, predictor, film):
    folder, pictures = film
    click = np.array([[40.25, 80.75]], np.float32)  # ours: continuous; theirs: centres on whole numbers

    def prompt(state):
        predictor.add_new_points_or_box(state, 3, 1, points=click - 0.5, labels=np.array([1], np.int32))

    mine = ours(network, pictures, 3, clicks=torch.from_numpy(click / SIDE))
    assert_the_same(mine, theirs(predictor, folder, prompt))


def test_a_box_and_clicks_in_it_are(network, predictor, film):
    folder, pictures = film
    box, clicks = np.array([[20, 30], [70.5, 90]], np.float32), np.array([[40, 60], [50, 70]], np.float32)

    def prompt(state):
        predictor.add_new_points_or_box(
            state, 0, 1, points=clicks - 0.5, labels=np.array([1, 1], np.int32), box=box.reshape(4) - 0.5
        )

    mine = ours(network, pictures, 0, box=torch.from_numpy(box / SIDE), clicks=torch.from_numpy(clicks / SIDE))
    assert_the_same(mine, theirs(predictor, folder, prompt))


def test_a_mask_is_and_nothing_is_asked_beside_it(network, predictor, film):
    folder, pictures = film
    mask = np.zeros((SIDE, SIDE), bool)
    mask[30:60, 40:90] = True
    mine = ours(network, pictures, 5, mask=torch.from_numpy(mask))
    assert_the_same(mine, theirs(predictor, folder, lambda state: predictor.add_new_mask(state, 5, 1, mask)))


def test_clicks_reach_the_prompt_encoder_at_their_own_place(network, film, monkeypatch):
    asked = []
    embed = network.sam_prompt_encoder._embed_points

    def spy(points, labels, pad):
        asked.append((points + 0.5, labels))  # the encoder's own half pixel
        return embed(points, labels, pad)

    monkeypatch.setattr(network.sam_prompt_encoder, "_embed_points", spy)
    sam2 = PromptedSam2(network)
    box = torch.tensor([[0.0, 0.25], [1.0, 0.75]])
    sam2.prompted(sam2.encode(film[1][0]), clicks=torch.tensor([[0.5, 0.125]]), box=box)
    ((places, labels),) = asked
    # Of 128 pixels: the box's corners at 0 and 32, 128 and 96; the click at 64 and 16.
    np.testing.assert_allclose(places[0], [[0, 32], [128, 96], [64, 16]], atol=1e-4)
    assert labels[0].tolist() == [2, 3, 1]


def test_a_prompt_of_nothing_is_refused(network, film):
    sam2 = PromptedSam2(network)
    with pytest.raises(ValueError, match="got none"):
        sam2.prompted(sam2.encode(film[1][0]))
