"""Paths that come out of annotations: resolved inside a declared root, or refused."""

from pathlib import Path, PurePosixPath

from .errors import BleedkitError


def inside(root: Path, relative: str) -> Path:
    """The file `relative` names below `root`, links followed.

    Backslashes count as separators, as LabelMe writes them on Windows. Raises BleedkitError where the name is
    absolute, climbs out with `..`, runs through a link that leaves `root`, or through a link cycle.
    """
    name = PurePosixPath(relative.replace("\\", "/"))
    if not name.parts or name.is_absolute() or ".." in name.parts or "\0" in relative or ":" in name.parts[0]:
        raise BleedkitError(f"{relative!r} is not a path below {root}", "keep files inside the dataset folder")
    path = root.joinpath(*name.parts)
    check_inside(root, path)
    return path


def check_inside(root: Path, path: Path) -> None:
    """Raise BleedkitError unless `path`, links followed, lies below `root`."""
    try:
        real, base = path.resolve(strict=False), root.resolve(strict=False)
    except (OSError, RuntimeError) as error:  # 3.11 raises RuntimeError on a link cycle
        raise BleedkitError(f"{path} cannot be resolved ({error})", "remove the cyclic link") from error
    if path.is_symlink() and not path.exists():
        raise BleedkitError(f"{path} is a broken or cyclic link", "remove it or put the file it stands for in place")
    if real != base and base not in real.parents:
        raise BleedkitError(f"{path} is a link out of {root}", "copy the file into the dataset folder")
