"""An exported cohort, and labelme's own reader and writer."""

from pathlib import Path

import pytest

from bleedkit.annotate.labelme.export_labels import export_labelme
from bleedkit.annotate.labelme.frame_choice import FrameChoice


@pytest.fixture
def exported(cohort, tmp_path) -> Path:
    """All frames of the small cohort, exported."""
    export_labelme(cohort, tmp_path / "work", FrameChoice(frames="all"))
    return tmp_path / "work"


@pytest.fixture(scope="session")
def label_file_class():
    """labelme's own `LabelFile`, which wants Qt but no display."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("QT_QPA_PLATFORM", "offscreen")
        return pytest.importorskip("labelme._label_file", reason="labelme is an extra").LabelFile
