import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from bleedkit.datasets.errors import BleedkitError
from bleedkit.models.matcher import Disc
from bleedkit.models.matchers import MATCHERS
from bleedkit.models.xfeat_features import XFeatFeatures, kornia_xfeat
from bleedkit.models.xfeat_matcher import xfeat

MIDDLE = np.array([400.0, 300.0])


@pytest.fixture(scope="module")
def glued(xfeat_resources):
    return MATCHERS["xfeat"].build(xfeat_resources)


@pytest.fixture(scope="module")
def cosine(xfeat_resources):
    return MATCHERS["xfeat-cosine"].build(xfeat_resources)


@pytest.fixture(scope="module", params=["xfeat", "xfeat-cosine"])
def matcher(request, xfeat_resources):
    return MATCHERS[request.param].build(xfeat_resources)


@pytest.fixture(scope="module")
def model(xfeat_resources):
    return kornia_xfeat(xfeat_resources.weights["xfeat"], "cpu", top_k=4096, threshold=0.05)


def direct(model, picture) -> np.ndarray:
    """kornia's own keypoints of an RGB picture, as it gives them."""
    tensor = torch.from_numpy(np.ascontiguousarray(picture)).permute(2, 0, 1)[None].float() / 255
    return model.detectAndCompute(tensor)[0]["keypoints"].numpy()


def test_matches_are_inside_both_discs_surest_first_and_mutual(matcher, xfeat_pair):
    first, second = Disc(MIDDLE, 60.0), Disc(MIDDLE, 150.0)
    found = matcher.match(*xfeat_pair, first, second)
    assert len(found.first) > 10
    assert first.holds(found.first).all()
    assert second.holds(found.second).all()
    assert (np.diff(found.confidence) <= 0).all()
    assert found.confidence.min() >= 0
    assert found.confidence.max() <= 1
    for points in (found.first, found.second):
        assert len(np.unique(points, axis=0)) == len(points)


def test_the_same_frames_give_the_same_matches(matcher, xfeat_resources, xfeat_pair):
    discs = Disc(MIDDLE, 60.0), Disc(MIDDLE, 90.0)
    name = "xfeat" if matcher._pairing.__name__ == "match" else "xfeat-cosine"
    once, again = matcher.match(*xfeat_pair, *discs), MATCHERS[name].build(xfeat_resources).match(*xfeat_pair, *discs)
    for part in ("first", "second", "confidence"):
        np.testing.assert_array_equal(getattr(once, part), getattr(again, part))


def test_a_shift_by_the_networks_stride_is_found_exactly(glued, xfeat_pair):
    frame = xfeat_pair[0][:576]
    moved = np.roll(frame, (32, -64), (0, 1))
    found = glued.match(frame, moved, Disc(MIDDLE, 60.0), Disc(MIDDLE + np.array([-64, 32]), 60.0))
    sure = found.confidence > 0.7
    assert sure.sum() > 20
    np.testing.assert_allclose(found.second[sure] - found.first[sure], np.tile([-64.0, 32.0], (sure.sum(), 1)))


@pytest.mark.parametrize(
    "motion",
    [{"shift": (7.0, -5.0)}, {"shift": (3.5, 2.25)}, {"degrees": 6.0}, {"scale": 1.08}],
    ids=["whole pixels", "parts of a pixel", "turned", "enlarged"],
)
def test_a_known_motion_is_found_to_a_pixel(glued, xfeat_pair, warped, motion):
    frame = xfeat_pair[0]
    moved, matrix = warped(frame, **motion)
    found = glued.match(frame, moved, Disc(MIDDLE, 60.0), Disc(MIDDLE, 90.0))
    sure = found.confidence > 0.7
    error = found.second - (found.first @ matrix[:, :2].T + matrix[:, 2])
    assert sure.sum() > 20
    # XFeat's keypoints are whole pixels, and two of them half a pixel or more apart about as often as not.
    assert np.median(np.linalg.norm(error[sure], axis=1)) <= 1
    assert np.abs(error[sure].mean(0)).max() < 0.3


def test_a_crop_sees_nearly_what_the_whole_picture_shows(model, tissue):
    frame = tissue[0][60][:736]  # a multiple of 32, which kornia leaves as it is
    disc = Disc(np.array([640.0, 380.0]), 50.0)
    cropped = XFeatFeatures(model, "cpu", 48.0).detect(frame, disc)
    whole = direct(model, frame) + 0.5  # kornia counts from pixel centres
    ours, theirs = cropped.xy[cropped.wanted], whole[disc.holds(whole)]
    nearest = np.linalg.norm(theirs[:, None] - ours[None], axis=2).min(1)
    assert len(theirs) > 20
    assert (nearest <= 1.5).mean() >= 0.9


def test_keypoints_are_kornias_pixels_half_a_pixel_on(model, xfeat_pair):
    features = XFeatFeatures(model, "cpu", 32.0).detect(xfeat_pair[0], Disc(np.array([400.0, 300.0]), 16.0))
    crop = features.crop
    assert (crop.x0, crop.y0, *crop.size) == (352, 224, 96, 128)
    expected = direct(model, xfeat_pair[0][224:352, 352:448]) + np.array([352.5, 224.5])
    np.testing.assert_array_equal(features.xy, expected)


def test_keypoints_of_a_shrunk_picture_are_the_centres_of_its_pixels(model, xfeat_pair):
    picture = xfeat_pair[0][:70, :100]  # to 64 x 96: pixel i of them covers i * 100 / 96 to (i + 1) * 100 / 96
    features = XFeatFeatures(model, "cpu", 48.0).detect(picture, Disc(np.array([50.0, 35.0]), 100.0))
    index = features.xy / [100 / 96, 70 / 64] - 0.5
    assert len(index) > 3
    np.testing.assert_allclose(index, np.round(index), atol=1e-4)


def test_cosine_agrees_with_kornias_own_matching(cosine, model, xfeat_pair):
    first, second = (picture[:576] for picture in xfeat_pair)
    tensors = [torch.from_numpy(p.copy()).permute(2, 0, 1)[None].float() / 255 for p in (first, second)]
    theirs = np.concatenate([points.numpy() for points in model.match_xfeat(*tensors)], axis=1) + 0.5
    everywhere = Disc(MIDDLE, 1000.0)
    ours = cosine.match(first, second, everywhere, everywhere)
    ours = np.concatenate([ours.first, ours.second], axis=1)
    assert len(theirs) > 500
    assert {tuple(row) for row in ours.tolist()} == {tuple(row) for row in theirs.tolist()}


def test_lighter_glue_knows_right_from_wrong_better_than_cosine(glued, cosine, xfeat_pair, warped):
    moved, matrix = warped(xfeat_pair[0], degrees=12.0, scale=0.9, shift=(10.0, 5.0))
    noisy = np.clip(moved + np.random.default_rng(0).normal(0, 12, moved.shape), 0, 255).astype(np.uint8)
    right = {}
    for name, matcher in (("glued", glued), ("cosine", cosine)):
        found = matcher.match(xfeat_pair[0], noisy, Disc(MIDDLE, 60.0), Disc(MIDDLE + np.array([10, 5]), 90.0))
        error = np.linalg.norm(found.second - (found.first @ matrix[:, :2].T + matrix[:, 2]), axis=1)
        sure = found.confidence > 0.7
        right[name] = (error[sure] < 3).mean()
        if name == "cosine":
            assert sure.mean() > 0.95, "what makes S > 0.7 no threshold for cosine"
    assert right["glued"] > right["cosine"] + 0.1


@pytest.mark.parametrize(
    ("size", "disc"),
    [
        ((200, 200), Disc(np.array([100.0, 100.0]), 30.0)),
        ((200, 200), Disc(np.array([500.0, 500.0]), 30.0)),
        ((20, 24), Disc(np.array([10.0, 10.0]), 300.0)),
        ((1, 1), Disc(np.array([0.5, 0.5]), 50.0)),
    ],
    ids=["flat", "outside", "smaller than the network's stride", "one pixel"],
)
def test_nothing_to_match_is_no_match(matcher, size, disc):
    flat = np.full((*size, 3), 90, np.uint8)
    assert len(matcher.match(flat, flat, disc, disc).first) == 0


def test_a_disc_larger_than_the_frame_and_one_in_its_corner_work(matcher, xfeat_pair):
    small = xfeat_pair[0][200:280, 300:410]
    for disc in (Disc(np.array([55.0, 40.0]), 500.0), Disc(np.array([109.0, 79.0]), 40.0)):
        found = matcher.match(small, small, disc, disc)
        assert len(found.first) > 3
        np.testing.assert_array_equal(found.first[0], found.second[0])


def test_the_authors_names_of_lighter_glues_weights_are_understood(xfeat_resources, xfeat_pair, tmp_path):
    def renamed(name: str) -> str:
        kind, *rest = name.split(".")
        return f"matcher.{rest[1]}.{rest[0]}.{'.'.join(rest[2:])}" if kind == "transformers" else f"matcher.{name}"

    ours = load_file(xfeat_resources.weights["lighterglue"])
    theirs = {renamed(name): tensor for name, tensor in ours.items()} | {"extractor.model.net.a": torch.ones(1)}
    assert "matcher.self_attn.0.Wqkv.weight" in theirs
    save_file(theirs, tmp_path / "theirs.safetensors")
    weights = {**xfeat_resources.weights, "lighterglue": tmp_path / "theirs.safetensors"}
    discs = Disc(MIDDLE, 60.0), Disc(MIDDLE, 60.0)
    expected = xfeat(weights=xfeat_resources.weights).match(*xfeat_pair, *discs)
    np.testing.assert_array_equal(xfeat(weights=weights).match(*xfeat_pair, *discs).confidence, expected.confidence)


def test_weights_of_something_else_are_refused(xfeat_resources):
    files = xfeat_resources.weights
    with pytest.raises(BleedkitError, match=r"lighterglue_L3\.safetensors does not fit XFeatModel: 100 missing"):
        xfeat(weights={**files, "xfeat": files["lighterglue"]})
    with pytest.raises(BleedkitError, match=r"xfeat_backbone\.safetensors does not fit LighterGlue"):
        xfeat(weights={**files, "lighterglue": files["xfeat"]})


def test_a_lighter_glue_without_its_last_verdict_is_refused(xfeat_resources, tmp_path):
    tensors = load_file(xfeat_resources.weights["lighterglue"])
    del tensors["log_assignment.2.final_proj.weight"]
    save_file(tensors, tmp_path / "cut.safetensors")
    with pytest.raises(BleedkitError, match=r"1 missing \(log_assignment\.2\.final_proj\.weight\)"):
        xfeat(weights={**xfeat_resources.weights, "lighterglue": tmp_path / "cut.safetensors"})
