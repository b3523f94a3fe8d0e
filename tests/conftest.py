"""What every test may use: `bleedkit_test_layouts` (tests/layouts), its writers as fixtures, and real sample data."""

import importlib
import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import settings

# One process a core is what pytest-xdist starts; threads of theirs beyond that only wait for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")

_TESTS = Path(__file__).parent
_PACKAGE = "bleedkit_test_layouts"

# How long one example takes says how busy the machine is, nothing of the code.
settings.register_profile("bleedkit", deadline=None)
settings.load_profile("bleedkit")


def _make_importable(name: str, folder: Path) -> None:
    """Import `folder` as a package of that name, so that test modules can import what lies in it."""
    spec = importlib.util.spec_from_file_location(
        name, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    package = importlib.util.module_from_spec(spec)
    sys.modules[name] = package
    spec.loader.exec_module(package)


_make_importable(_PACKAGE, _TESTS / "layouts")


@pytest.fixture(scope="session")
def surgblood_layout() -> ModuleType:
    """`write_surgblood(root, patients=, clips=, frames=, seed=, leak=)`, CLIP and CORRUPTIONS."""
    return importlib.import_module(f"{_PACKAGE}.surgblood")


@pytest.fixture(scope="session")
def hemoset_layout() -> ModuleType:
    """`write_hemoset(root, animals=, frames=, nested=, seed=)` and CORRUPTIONS."""
    return importlib.import_module(f"{_PACKAGE}.hemoset")


@pytest.fixture(scope="session")
def labelme_layout() -> ModuleType:
    """`write_bleedorigin(root, patients=, ...)`, `write_labelme(root, clips=, frames=)`, shapes and CORRUPTIONS."""
    return importlib.import_module(f"{_PACKAGE}.labelme")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real sample data beside the repository; a test that needs it skips where it is absent."""
    folder = _TESTS.parents[1] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("no ../shared/data beside the repository: the real sample files are not ours to redistribute")
    return folder
