"""The leak drill: plant leaks of every kind in a clean cohort, audit it, count what is caught and what is not there.

    python -m bleedkit.benchmarks.leak_drill --leaks 1000 --json

Every planted clip shows tissue of a training patient under a new patient's name in the test part. It counts as caught
when the audit reports it as near-duplicate of a clip of that patient. A false alarm is a clip pair of different
patients that is reported. With --real, videos of a folder are originals as well, each file taken for a patient.
"""

import argparse
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from ..datasets.duplicate_audit import find_duplicates
from ..datasets.hash_index import HashIndex
from ..datasets.perceptual_hash import frame_hashes, thumbnails
from ..datasets.progress import track
from ..datasets.schema import Clip, ImageSize
from .planted_leaks import KINDS, Picture, untouched
from .tissue_clips import HEIGHT, WIDTH, Take

# Frames of a clip and their spacing: five a second of 25 fps video, as cohorts with sparse labels have them.
FRAMES: Final = 10
SPACING: Final = 5
_CLIPS: Final = 3
_TEST_SHARE: Final = 0.25

# A clip of the drill: its frame `number` (0, 1, ...) as RGB, shifted in time by so many frames of the video.
Source = Callable[[int, float], np.ndarray]


@dataclass(frozen=True)
class Planted:
    """A clip in a drill's cohort. origin: patient whose tissue it shows; kind: of KINDS, "" for an honest clip."""

    clip: Clip
    part: str
    origin: str
    kind: str
    source: Source
    picture: Picture
    shift: float
    seed: tuple[int, ...]

    def frame(self, number: int) -> np.ndarray:
        """RGB of one frame; every call gives the same."""
        # One generator a clip, not a frame: a crop stays where it is through a clip.
        return self.picture(self.source(number, self.shift), np.random.default_rng(self.seed))


@dataclass(frozen=True)
class DrillResult:
    """planted, caught: clips by kind. false_alarms: clip pairs reported of different patients; pairs: all of those."""

    planted: Mapping[str, int]
    caught: Mapping[str, int]
    false_alarms: int
    pairs: int
    calibration: str

    def to_json(self) -> dict[str, Any]:
        """A JSON-able value."""
        kinds = {
            kind: {"planted": n, "caught": self.caught[kind], "share": self.caught[kind] / n}
            for kind, n in self.planted.items()
        }
        alarms = {"false_alarms": self.false_alarms, "clip_pairs_of_different_patients": self.pairs}
        return {"kinds": kinds, **alarms, "calibration": self.calibration}


def drill(leaks: int, seed: int, sources: Mapping[str, Sequence[Source]]) -> DrillResult:
    """Plant `leaks` clips, the kinds in turn, among honest ones and audit. sources: clips by patient."""
    return audited(cohort(leaks, seed, sources))


def cohort(leaks: int, seed: int, sources: Mapping[str, Sequence[Source]]) -> list[Planted]:
    """Honest clips of all patients, a quarter of the patients in test, and leaks of the others in test; in id order."""
    rng = np.random.default_rng(seed)
    names = list(sources)
    test = set(rng.choice(names, max(1, round(len(names) * _TEST_SHARE)), replace=False).tolist())
    made: list[Planted] = []
    for name, clips in sources.items():
        for source in clips:
            part = "test" if name in test else "train"
            clip = _clip(len(made), name)
            made.append(Planted(clip, part, name, "", source, untouched, 0.0, (seed, len(made))))
    train = [name for name in names if name not in test]
    for leak in range(leaks):
        kind = list(KINDS)[leak % len(KINDS)]
        picture, (earliest, latest) = KINDS[kind]
        origin = str(rng.choice(train))
        source = sources[origin][int(rng.integers(len(sources[origin])))]
        shift = float(rng.uniform(earliest, latest))
        clip = _clip(len(made), f"leak{leak:04d}")
        made.append(Planted(clip, "test", origin, kind, source, picture, shift, (seed, len(made))))
    return made


def audited(planted: Sequence[Planted]) -> DrillResult:
    """Hash and audit the clips, and count."""
    by_id = {one.clip.clip_id: one for one in planted}
    parts = {clip_id: one.part for clip_id, one in by_id.items()}

    def images(clip_id: str, frames: Sequence[int]) -> Iterator[tuple[int, np.ndarray]]:
        yield from ((frame, by_id[clip_id].frame(frame)) for frame in frames)

    report = find_duplicates(_hashed(planted), parts, images, looks=len(planted) * 10)
    caught: set[str] = set()
    alarms = 0
    for finding in (found for found in report.findings if found.leak):
        one, other = (by_id[clip_id] for clip_id in finding.clips)
        if one.origin == other.origin:
            caught |= {clip.clip.clip_id for clip in (one, other) if clip.kind}
        else:
            alarms += 1
    kinds = {one.kind for one in planted if one.kind}
    numbers = {kind: sum(one.kind == kind for one in planted) for kind in KINDS if kind in kinds}
    found = {kind: sum(by_id[clip_id].kind == kind for clip_id in caught) for kind in numbers}
    train = [one.origin for one in planted if one.part == "train"]
    pairs = sum(one.origin != origin for one in planted if one.part == "test" for origin in train)
    return DrillResult(numbers, found, alarms, pairs, str(report.calibration))


def procedural(patients: int, seed: int) -> dict[str, list[Source]]:
    """Three clips each of so many patients, of one procedure at three times."""

    def source(take: Take) -> Source:
        return lambda number, shift: take.frame(number * SPACING + shift)

    return {
        f"patient{p:03d}": [source(Take(seed * 10_000 + p, p, 1000.0 * c, FRAMES)) for c in range(_CLIPS)]
        for p in range(patients)
    }


def real(folder: Path) -> dict[str, list[Source]]:
    """Every video below a folder as a patient with one clip: its first frames; shifted by whole frames only."""
    found: dict[str, list[Source]] = {}
    for path in sorted(folder.rglob("*.mp4")):
        frames = _decoded(path)

        def source(number: int, shift: float, frames: list[np.ndarray] = frames) -> np.ndarray:
            return frames[min(number * SPACING + int(np.ceil(shift)), len(frames) - 1)]

        found[str(path.relative_to(folder))] = [source]
    return found


def _decoded(path: Path) -> list[np.ndarray]:
    import av

    frames = []
    with av.open(str(path)) as video:
        video.streams.video[0].thread_type = "AUTO"
        for frame in video.decode(video=0):
            height = 360 if frame.height > 360 else frame.height
            frames.append(frame.to_ndarray(format="rgb24", width=frame.width * height // frame.height, height=height))
            if len(frames) == 250:
                break
    return frames


def _clip(ordinal: int, patient: str) -> Clip:
    return Clip(f"clip{ordinal:05d}", patient, patient, 5, ImageSize(WIDTH, HEIGHT), FRAMES)


def _hashed(planted: Sequence[Planted]) -> HashIndex:
    rows = [
        (i, frame, words)
        for i, one in enumerate(track(planted, "Making clips"))
        for frame in range(FRAMES)
        if (words := [word for _, word in frame_hashes(one.frame(frame))])
    ]
    clip, frame = (np.array([row[k] for row in rows], np.int32) for k in (0, 1))
    clips = {one.clip.clip_id: one.clip for one in planted}
    return HashIndex(clips, clip, frame, thumbnails(np.array([row[2] for row in rows], np.uint64)))


def report(results: Mapping[str, DrillResult]) -> str:
    """The results as text, one block each."""
    lines = []
    for name, result in results.items():
        lines.append(f"{name}: {result.false_alarms} false alarms in {result.pairs} clip pairs of different patients")
        for kind, number in result.planted.items():
            lines.append(
                f"  {kind:22s} {result.caught[kind]:4d} of {number:4d} caught ({result.caught[kind] / number:.1%})"
            )
        lines.append(f"  {result.calibration}")
    return "\n".join(lines)


def main() -> None:
    """Run the drill and print what it found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--leaks", type=int, default=1000, help="planted clips (default 1000)")
    parser.add_argument("--patients", type=int, default=44, help="honest patients of three clips each (default 44)")
    parser.add_argument(
        "--clean", type=int, default=5, help="cohorts without leaks to count false alarms on (default 5)"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--real", type=Path, help="folder of real videos to plant leaks of as well")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    given = parser.parse_args()
    results = {"planted": drill(given.leaks, given.seed, procedural(given.patients, given.seed))}
    for i in range(given.clean):
        seed = given.seed + 1 + i
        results[f"clean {i + 1}"] = drill(0, seed, procedural(given.patients, seed))
    if given.real:
        results["real videos"] = drill(given.leaks, given.seed, real(given.real))
    print(json.dumps({k: v.to_json() for k, v in results.items()}, indent=2) if given.json else report(results))


if __name__ == "__main__":
    main()
