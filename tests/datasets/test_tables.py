import pyarrow.parquet as pq

from bleedkit.datasets.schema import OnsetLabel
from bleedkit.datasets.tables import rows_of, table_of, write_table


def test_onsets_keep_the_order_in_which_people_said_them(tmp_path):
    rows = [OnsetLabel(clip_id="b", frame=9), OnsetLabel(clip_id="a", frame=9), OnsetLabel(clip_id="a", frame=2)]
    write_table(tmp_path / "onsets.parquet", "onsets", table_of("onsets", rows))
    kept = rows_of("onsets", pq.read_table(tmp_path / "onsets.parquet"))
    assert [(label.clip_id, label.frame) for label in kept] == [("a", 9), ("a", 2), ("b", 9)]
