"""Shards: what is written comes back to the last bit, and the same track gives the same bytes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bleedkit.datasets.errors import BleedkitError
from bleedkit.pseudolabel.densify import DenseTrack
from bleedkit.pseudolabel.shards import read_shard, shard_path, write_shard

number = st.floats(-1e6, 1e6) | st.just(float("nan"))


@given(st.lists(st.tuples(number, number, st.booleans(), st.text(max_size=9)), max_size=5))
def test_a_shard_survives(tmp_path_factory, rows):
    n = len(rows)
    xy = np.array([row[:2] for row in rows], float).reshape(n, 2)
    covariance = np.tile(np.array([[2.0, 0.5], [0.5, 1.0]]), (n, 1, 1))
    track = DenseTrack(
        tuple(range(n)), xy, covariance, np.array([r[2] for r in rows], bool),
        np.full(n, 0.25), tuple(r[3] for r in rows), xy + 1, np.full((n, 2), np.nan),
    )  # fmt: skip
    path = shard_path(tmp_path_factory.mktemp("s"), "ab")
    write_shard(path, track)
    first = path.read_bytes()
    back = read_shard(path)
    write_shard(path, back)
    assert path.read_bytes() == first
    assert (back.frames, back.reasons) == (track.frames, track.reasons)
    for name in ("xy", "covariance", "visible", "confidence", "forward", "backward"):
        np.testing.assert_array_equal(getattr(back, name), getattr(track, name))


def test_what_is_no_shard_is_told(tmp_path):
    (tmp_path / "x.parquet").write_bytes(b"PAR1 nothing")
    with pytest.raises(BleedkitError, match="delete it and run again"):
        read_shard(tmp_path / "x.parquet")
