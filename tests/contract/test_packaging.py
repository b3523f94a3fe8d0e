"""What setuptools cannot notice by itself: a folder nobody listed, a file the wheel leaves out."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
NOT_SHIPPED = {"tests", "build", "dist", "docs"}


def test_every_folder_of_code_is_listed_as_a_package():
    listed = set(tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"])
    folders = {path.parent.relative_to(ROOT) for path in ROOT.rglob("__init__.py")}
    code = {f for f in folders if not f.parts or not (f.parts[0].startswith(".") or f.parts[0] in NOT_SHIPPED)}
    assert {".".join(("bleedkit", *folder.parts)) for folder in code} == listed


def test_no_folder_of_code_lacks_its_init():
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    for name in listed:
        folder = ROOT.joinpath(*name.split(".")[1:])
        below = [p for p in folder.iterdir() if p.is_dir() and any(p.glob("*.py")) and p.name[0].isalpha()]
        assert all((p / "__init__.py").exists() or p.name in NOT_SHIPPED for p in below), folder
