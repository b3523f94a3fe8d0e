import re

import pytest

from bleedkit.benchmarks.leaderboard.words import figure, interval, joined, slug

NAN = float("nan")


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (0.5234, "%", "52.3"),
        (1.0, "%", "100.0"),
        (12.345, "px", "12.3"),
        (1.256, "frames", "1.26"),
        (0.12345, "", "0.123"),
        (-1.256, "frames", "−1.26"),
        (-0.001, "frames", "0.00"),  # no minus nothing
        (NAN, "%", "–"),
        (float("inf"), "px", "–"),
    ],
)
def test_figures_are_written_with_the_digits_of_their_unit(value, unit, shown):
    assert figure(value, unit) == shown


def test_an_interval_needs_both_ends():
    assert interval(0.481, 0.56, "%") == "48.1 to 56.0"
    assert interval(NAN, 0.56, "%") == ""


def test_names_are_joined_as_people_do():
    assert [joined(names) for names in ((), ("a",), ("a", "b"), ("a", "b", "c"))] == ["", "a", "a and b", "a, b and c"]


def test_a_slug_is_a_safe_file_name_that_tells_all_names_apart():
    names = ["a/b", "a-b", "../a-b", "a b", "<script>", "", "é", "\udc80", "x" * 300]
    slugs = [slug("track", name) for name in names]
    assert len(set(slugs)) == len(names)
    assert slug("a", "b_c") != slug("a_b", "c")
    assert slug("a", also="1") != slug("a", also="2")
    for one in slugs:
        assert re.fullmatch(r"[A-Za-z0-9_-]+", one)
        assert len(one) < 100
