"""Shards: what is written comes back to the last bit, and the same track gives the same bytes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bleedkit.datasets.errors import BleedkitError
from bleedkit.pseudolabel.dense_track import DenseTrack
from bleedkit.pseudolabel.keypoints import KeypointTracks
from bleedkit.pseudolabel.shards import read_shard, shard_bytes, shard_path

number = st.floats(-1e6, 1e6) | st.just(float("nan"))


def keypoints(k: int, n: int) -> KeypointTracks:
    rng = np.random.default_rng(k)
    root = rng.normal(size=(k, n, 2, 2))
    return KeypointTracks(
        rng.normal(size=(k, n, 2)), root @ np.swapaxes(root, 2, 3), rng.random((k, n)) < 0.5, rng.random((k, n))
    )


@given(
    st.lists(st.tuples(number, number, st.booleans(), st.text(max_size=9)), min_size=1, max_size=5), st.integers(0, 3)
)
def test_a_shard_survives(tmp_path_factory, rows, k):
    n = len(rows)
    xy = np.array([row[:2] for row in rows], float).reshape(n, 2)
    covariance = np.tile(np.array([[2.0, 0.5], [0.5, 1.0]]), (n, 1, 1))
    track = DenseTrack(
        tuple(range(n)), xy, covariance, np.array([r[2] for r in rows], bool),
        np.full(n, 0.25), tuple(r[3] for r in rows), xy + 1, np.full((n, 2), np.nan),
        keypoints(k, n),
    )  # fmt: skip
    path = shard_path(tmp_path_factory.mktemp("s"), "ab")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(shard_bytes(track))
    first = path.read_bytes()
    back = read_shard(path)
    path.write_bytes(shard_bytes(back))
    assert path.read_bytes() == first
    assert (back.frames, back.reasons) == (track.frames, track.reasons)
    for name in ("xy", "covariance", "visible", "confidence", "forward", "backward"):
        np.testing.assert_array_equal(getattr(back, name), getattr(track, name))
    for name in ("xy", "covariance", "visible", "confidence"):
        np.testing.assert_array_equal(getattr(back.keypoints, name), getattr(track.keypoints, name))
    assert len(read_shard(path, keypoints=False).keypoints) == 0
    np.testing.assert_array_equal(read_shard(path, keypoints=False).xy, track.xy)


def test_what_is_no_shard_is_told(tmp_path):
    (tmp_path / "x.parquet").write_bytes(b"PAR1 nothing")
    with pytest.raises(BleedkitError, match="delete it and run again"):
        read_shard(tmp_path / "x.parquet")
