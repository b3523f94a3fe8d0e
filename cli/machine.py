"""What works on this machine: each part bleedkit leans on, tried for real, with how to get what is missing."""

import importlib.metadata
import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ..annotate.mongo import find_mongod
from ..datasets.errors import BleedkitError

_SECONDS: Final = 20


@dataclass(frozen=True)
class Check:
    """One part. works: tried and found good. needed: the main job fails without it. remedy: "" where it works."""

    name: str
    works: bool
    needed: bool
    found: str
    remedy: str = ""


def check_machine() -> list[Check]:
    """Try every part once; a part that fails is a row, never an exception."""
    return [probe() for probe in PROBES]


def _python() -> Check:
    version = ".".join(map(str, sys.version_info[:3]))
    works = sys.version_info >= (3, 11)
    return Check("Python", works, True, version, "" if works else "install Python 3.11 or newer, or let uv do it")


def _mongod() -> Check:
    """FiftyOne's database server, asked for its version."""
    try:
        place = find_mongod()
    except BleedkitError as error:
        return Check("mongod", False, True, error.what, error.remedy)
    version = _first_line([str(place), "--version"])
    remedy = "" if version else "pip install 'bleedkit[mongod]', or set FIFTYONE_DATABASE_URI to a running MongoDB"
    return Check("mongod", bool(version), True, version or f"{place} does not start", remedy)


def _video() -> Check:
    """The FFmpeg libraries inside PyAV: H.264 both ways."""
    import av

    missing = [f"{mode} {name}" for name, mode in (("h264", "r"), ("libx264", "w")) if not _codec(av, name, mode)]
    version = ".".join(map(str, av.library_versions["libavcodec"]))
    remedy = "pip install --force-reinstall av" if missing else ""
    return Check("video (PyAV)", not missing, True, f"PyAV {av.__version__}, libavcodec {version}", remedy)


def _ffmpeg() -> Check:
    version = _first_line(["ffmpeg", "-version"]) if shutil.which("ffmpeg") else ""
    remedy = "" if version else "not needed by bleedkit; apt-get install ffmpeg to cut clips by hand"
    return Check("ffmpeg", bool(version), False, version or "no ffmpeg command", remedy)


def _gpu() -> Check:
    import torch

    if torch.cuda.is_available():
        return Check("GPU", True, False, f"{torch.cuda.get_device_name()}, torch {torch.__version__}")
    remedy = "not needed by the classical preset; install an NVIDIA driver for the models"
    return Check("GPU", False, False, f"none that torch {torch.__version__} can use; the CPU is used", remedy)


def _weights() -> Check:
    return Check("weights", True, False, "the classical preset needs none")


def _browser() -> Check:
    for name in ("chromium", "google-chrome", "chrome", "firefox", "xdg-open", "open"):
        if place := shutil.which(name):
            return Check("browser", True, False, place)
    remedy = "apt-get install chromium, or open the App's address from another machine"
    return Check("browser", False, False, "none on the PATH", remedy)


def _labelme() -> Check:
    return _extra("labelme", ("labelme",), "to draw labels here")


def _flow() -> Check:
    return _extra("flow", ("ptlflow",), "for PWC-Net, the flow of BlooDet's paper")


def _train() -> Check:
    return _extra("train", ("peft", "tensorboardX"), "to train the tracker, and for TensorBoard's logs")


def _extra(name: str, packages: tuple[str, ...], use: str) -> Check:
    """An extra by name, what it installs, and what it is only there for."""
    missing = [package for package in packages if not importlib.util.find_spec(package)]
    if missing:
        remedy = f"only {use}: pip install 'bleedkit[{name}]'"
        return Check(name, False, False, f"{', '.join(missing)} not installed", remedy)
    versions = (f"{package} {importlib.metadata.version(package)}" for package in packages)
    return Check(name, True, False, ", ".join(versions))


def _disk() -> Check:
    free = shutil.disk_usage(Path.cwd()).free / 2**30
    works = free >= 1
    return Check("disk", works, True, f"{free:.1f} GiB free here", "" if works else "free at least 1 GiB")


def _codec(av: object, name: str, mode: str) -> bool:
    try:
        av.codec.Codec(name, mode)  # type: ignore[attr-defined]
    except ValueError:  # PyAV's UnknownCodecError
        return False
    return True


def _first_line(command: list[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.partition("\n")[0].strip()


PROBES: Final[tuple[Callable[[], Check], ...]] = (
    _python,
    _mongod,
    _video,
    _ffmpeg,
    _gpu,
    _weights,
    _browser,
    _disk,
    _labelme,
    _flow,
    _train,
)
