"""docs/adding_a_model.md shows what is in the tree, and nothing that was once there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "adding_a_model.md").read_text()
SHOWN = re.findall(r"^`([\w/.]+\.py)`\n```(?:python|text)\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(("path", "code"), SHOWN, ids=[path for path, _ in SHOWN])
def test_the_code_of_the_page_is_the_code_of_the_tree(path, code):
    assert code in (ROOT / path).read_text(), f"{path} has changed; show it as it is now"


def test_the_page_shows_file_test_and_registry():
    assert [path for path, _ in SHOWN] == [
        "models/red_centroid.py",
        "tests/models/test_red_centroid.py",
        "benchmarks/entries/registry.py",
        "models/unet_point.py",
        "models/region_point_nets.py",
    ]


def test_what_the_page_names_exists():
    for name in re.findall(r"`((?:tests|models|benchmarks|docs)/[\w/]+\.\w+)`", PAGE):
        assert (ROOT / name).is_file(), name
    for dotted in re.findall(r"`((?:models|benchmarks)(?:\.\w+)+)\.\w+`", PAGE):
        assert (ROOT / dotted.replace(".", "/")).with_suffix(".py").is_file(), dotted
