from pathlib import Path

import numpy as np
import pytest
import torch

from bleedkit.datasets.errors import BleedkitError
from bleedkit.models.matcher import Disc
from bleedkit.models.matchers import MATCHERS
from bleedkit.models.xfeat_features import XFeatFeatures, kornia_xfeat
from bleedkit.models.xfeat_hub import REPOSITORY, authors_xfeat

MIDDLE = np.array([400.0, 300.0])


@pytest.fixture
def authors_code() -> None:
    """The authors' code in torch.hub's folder, where `xfeat-hub` leaves it once it has run online."""
    folder = Path(torch.hub.get_dir()) / REPOSITORY.replace("/", "_").replace(":", "_")
    if not folder.is_dir():
        pytest.skip(f"XFeat's own code is not in {folder}: run the matcher xfeat-hub once where there is a network")


def test_offline_it_says_what_to_do(xfeat_resources, tmp_path, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:1")  # nobody answers there
    with pytest.raises(BleedkitError, match=r"verlab/accelerated_features.* could not be had: .*go online once"):
        MATCHERS["xfeat-hub"].build(xfeat_resources)


def test_kornia_finds_the_authors_keypoints(authors_code, xfeat_resources, xfeat_pair):
    path, options = xfeat_resources.weights["xfeat"], {"top_k": 4096, "threshold": 0.05}
    disc = Disc(MIDDLE, 60.0)
    ours, theirs = (
        XFeatFeatures(model(path, "cpu", **options), "cpu", 48.0).detect(xfeat_pair[0], disc)
        for model in (kornia_xfeat, authors_xfeat)
    )
    a, b = ({tuple(xy): i for i, xy in enumerate(f.xy[f.wanted].tolist())} for f in (ours, theirs))
    assert len(a) > 50
    assert a.keys() == b.keys()
    looks = [
        f.descriptors[torch.from_numpy(f.wanted)][[where[xy] for xy in a]] for f, where in ((ours, a), (theirs, b))
    ]
    torch.testing.assert_close(*looks, rtol=0, atol=1e-6)


def test_both_match_alike(authors_code, xfeat_resources, xfeat_pair):
    discs = Disc(MIDDLE, 60.0), Disc(MIDDLE, 120.0)
    pairs = []
    for name in ("xfeat", "xfeat-hub"):
        found = MATCHERS[name].build(xfeat_resources).match(*xfeat_pair, *discs)
        pairs.append({(*a, *b) for a, b in zip(found.first.tolist(), found.second.tolist(), strict=True)})
    # kornia leaves out maxima within 2 px of the crop's border, which take part in the authors' attention.
    assert len(pairs[0] & pairs[1]) >= 0.9 * len(pairs[0] | pairs[1])
