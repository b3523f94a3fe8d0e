"""Answers as files: what goes in comes out, the same bytes each time, and a damaged file is told."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bleedkit.annotate.preannotate.answer_shard import read_shard, shard_bytes
from bleedkit.annotate.preannotate.clip_answer import ClipAnswer, OnsetSaid, PointSaid, RegionSaid
from bleedkit.datasets.errors import BleedkitError
from bleedkit.datasets.mask_store import MaskFile

CONFIDENCE = st.floats(0, 1) | st.just(float("nan"))
PLACE = st.floats(allow_infinity=False)
FRAME = st.integers(0, 2**31 - 1)
POINTS = st.lists(st.builds(PointSaid, FRAME, PLACE, PLACE, st.booleans(), CONFIDENCE), max_size=4).map(tuple)
MASKS = st.integers(0, 2**6 - 1).map(lambda bits: np.array([bits >> i & 1 for i in range(6)], bool).reshape(2, 3))
REGIONS = st.lists(st.builds(RegionSaid, FRAME, MASKS.map(MaskFile.of), CONFIDENCE), max_size=3).map(tuple)
ONSETS = st.none() | st.builds(OnsetSaid, st.integers(-1, 2**31 - 1), CONFIDENCE)


@given(st.builds(ClipAnswer, POINTS, REGIONS, ONSETS))
def test_an_answer_comes_back_as_it_was(tmp_path_factory, answer):
    path = tmp_path_factory.getbasetemp() / "answer.parquet"
    path.write_bytes(shard_bytes(answer))
    assert repr(read_shard(path)) == repr(answer)  # by their text, as NaN is not equal to itself
    assert shard_bytes(read_shard(path)) == path.read_bytes()


@pytest.mark.parametrize("data", [b"", b"PAR1 and no more", None])
def test_what_is_no_shard_is_told(tmp_path, data):
    path = tmp_path / "torn.parquet"
    path.write_bytes(shard_bytes(ClipAnswer(onset=OnsetSaid(3, 0.5)))[:-20] if data is None else data)
    with pytest.raises(BleedkitError, match=r"torn\.parquet is not a shard .*; delete it and run again"):
        read_shard(path)
