"""Bars are for people at a terminal; nothing is printed into files and pipes."""

from bleedkit.datasets.progress import counting, track


def test_no_bar_without_a_terminal_and_every_item_passes(capfd):
    assert list(track([1, 2, 3], "count")) == [1, 2, 3]
    with counting("count", 3, 1) as step:
        step()
        step()
    assert capfd.readouterr() == ("", "")
