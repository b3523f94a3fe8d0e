"""The review of a large cohort through the real App: how long opening, paging and deciding take, and the longest stall.

Clips of 200 frames with a person's label every 30 frames, pseudo-labels between, and 40 pseudo-keypoints a frame; all
frames share one picture, so that making it takes no longer than reviewing it. Needs MongoDB, chromium and playwright.

    python -m bleedkit.benchmarks.perf.review_scale --frames 100000
"""

import argparse
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import Any, Final

import numpy as np

from ...datasets.cohort import Cohort, CohortMeta, write_tables
from ...datasets.digest import file_digest
from ...datasets.schema import Clip, Frame, ImageSize, LabelState, OnsetLabel, PointLabel, Provenance
from ...datasets.tables import concat, table_of
from ...datasets.transaction import locked, transaction

SIZE: Final = ImageSize(1280, 720)
CLIP_FRAMES: Final = 200
KEYPOINTS: Final = 40
RUN: Final = Provenance("pseudolabel", '{"preset":"classical"}', "0")
_WATCH: Final = """
window.stalls = [];
new PerformanceObserver((list) => window.stalls.push(...list.getEntries().map((one) => one.duration)))
  .observe({ type: "longtask" });
"""
_QUIET: Final = "document.querySelector('[data-cy=review]')?.dataset.busy === 'false'"


def make_cohort(folder: Path, frames: int) -> Cohort:
    """The cohort described above, in `folder`/cohort."""
    import cv2

    media = folder / "media"
    media.mkdir(parents=True)
    noise = np.random.default_rng(0).integers(0, 255, (SIZE.height // 8, SIZE.width // 8, 3), np.uint8)
    cv2.imwrite(str(media / "frame.jpg"), cv2.resize(noise, (SIZE.width, SIZE.height)))
    digest = file_digest(media / "frame.jpg")
    clips = [f"clip{i:05d}" for i in range(frames // CLIP_FRAMES)]
    numbers = range(CLIP_FRAMES)
    parts: dict[str, list[Any]] = {
        "clips": [table_of("clips", [_clip(clip_id) for clip_id in clips])],
        "frames": [table_of("frames", [Frame(c, i, "frame.jpg", i / 30, digest) for i in numbers]) for c in clips],
        "points": [table_of("points", [_point(c, i) for i in numbers]) for c in clips],
        "onsets": [table_of("onsets", [OnsetLabel(clip_id=c, frame=0) for c in clips])],
        "provenance": [table_of("provenance", [RUN])],
        "keypoints": [_keypoints(c) for c in clips],
    }
    meta = CohortMeta("review scale", "synthetic", "1", "none", "none", "1", "0", str(media.resolve()))
    with locked(folder / "cohort"), transaction(folder / "cohort") as staging:
        write_tables(staging, meta, {name: concat(tables, name) for name, tables in parts.items()})
    return Cohort(folder / "cohort")


def _clip(clip_id: str) -> Clip:
    return Clip(clip_id, f"p{clip_id[-2:]}", clip_id, 30, SIZE, CLIP_FRAMES, site="liver")


def _point(clip_id: str, frame: int) -> PointLabel:
    if frame % 30 == 0:
        return PointLabel(clip_id=clip_id, frame=frame, x=100 + frame, y=200.5, annotator="lee")
    return PointLabel(
        clip_id=clip_id,
        frame=frame,
        x=100 + frame,
        y=200.5,
        var_x=4 + int(clip_id[-3:]) / 100,
        var_y=4,
        cov_xy=0,
        state=LabelState.PSEUDO,
        confidence=0.75,
        provenance=RUN.id,
    )


def _keypoints(clip_id: str) -> Any:
    """40 a frame, built by column: four million dataclasses would take minutes."""
    import pyarrow as pa

    from ...datasets.tables import SCHEMAS

    rows = CLIP_FRAMES * KEYPOINTS
    frame = np.repeat(np.arange(CLIP_FRAMES), KEYPOINTS)
    number = np.tile(np.arange(1, KEYPOINTS + 1), CLIP_FRAMES)
    columns: dict[str, Any] = {
        "clip_id": [clip_id] * rows,
        "frame": frame,
        "target": ["source"] * rows,
        "keypoint": number,
        "x": 100.0 + frame + number,
        "y": 200.0 + number,
        "visible": np.ones(rows, bool),
        "var_x": np.full(rows, 4.0),
        "var_y": np.full(rows, 4.0),
        "cov_xy": np.zeros(rows),
        "confidence": np.full(rows, 0.75),
        "provenance": [RUN.id] * rows,
    }
    schema = SCHEMAS["keypoints"]
    return pa.table({name: pa.array(columns[name], schema.field(name).type) for name in schema.names}, schema=schema)


def measure(cohort: Cohort, folder: Path) -> dict[str, Any]:
    """Push, serve and review the cohort; seconds by what was done, and the longest the page stood still."""
    from ...annotate.mongo import running_mongod
    from ...annotate.review.place import ReviewPlace

    times: dict[str, list[float]] = {}
    with running_mongod(folder / "mongo") as uri:
        from ...annotate.review.app import prepare, running_review

        place = ReviewPlace(cohort.folder, cohort.media_root, "kim", "review scale")
        with _timed("push", times):
            prepare(place)
        with ExitStack() as stack:
            with _timed("server up, cohort looked through", times):
                running = stack.enter_context(running_review(place, uri))
            stalls, shown = _review(running.url, times)
    return {"seconds": times, "stalls": stalls, "shown": shown}


def _review(url: str, times: dict[str, list[float]]) -> tuple[dict[str, float], str]:
    """Open the panel, page by frame and by queue, decide, ask for keypoints, then scroll FiftyOne's own grid.

    Returns the page's longest stalls in seconds, and what the panel says of the work.
    """
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as profile, sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            profile, executable_path=shutil.which("chromium"), headless=True, args=["--no-sandbox", "--disable-gpu"]
        )
        page = context.pages[0] if context.pages else context.new_page()
        with _timed("panel open", times):
            page.goto(url, timeout=120_000)
            page.wait_for_function(_QUIET, timeout=120_000)
        page.wait_for_timeout(3000)
        for advertisement in page.get_by_text("Dismiss", exact=True).all():
            advertisement.click()
        page.evaluate(_WATCH)
        turns = (("next frame", "ArrowRight", 30), ("next in queue", "n", 20), ("accept segment", "s", 20))
        for name, key, times_pressed in (*turns, ("keypoints", "k", 5)):
            for _ in range(times_pressed):
                with _timed(name, times):
                    page.keyboard.press(key)
                    page.wait_for_function(_QUIET, timeout=60_000)
        stalls = {"reviewing": _longest_stall(page)}
        shown = page.locator("[data-cy=review]").inner_text().splitlines()[0]
        page.get_by_text("Samples", exact=True).first.click()
        page.wait_for_selector("[data-cy=looker]", timeout=60_000)
        for _ in range(10):
            with _timed("scroll the grid (0.3 s of it waiting)", times):
                page.mouse.move(700, 500)
                page.mouse.wheel(0, 2000)
                page.wait_for_timeout(300)
                page.wait_for_selector("[data-cy=looker]", timeout=60_000)
        stalls["scrolling the grid"] = _longest_stall(page)
        context.close()
    return stalls, shown


def _longest_stall(page: Any) -> float:
    """Of the page's tasks of 50 ms and more since it was last asked."""
    longest = float(page.evaluate("Math.max(0, ...window.stalls) / 1000"))
    page.evaluate("window.stalls = []")
    return longest


@contextmanager
def _timed(name: str, times: dict[str, list[float]]) -> Iterator[None]:
    began = time.perf_counter()
    yield
    times.setdefault(name, []).append(time.perf_counter() - began)


def main() -> None:
    """The command above."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=100_000)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = measure(make_cohort(Path(folder), chosen.frames), Path(folder))
    for name, seconds in found["seconds"].items():
        print(f"{name:<38} {len(seconds):>3} times, median {median(seconds):.3f} s, longest {max(seconds):.3f} s")
    print(f"the panel said: {found['shown']}")
    for doing, seconds in found["stalls"].items():
        print(f"the page stood still for {seconds:.3f} s at most while {doing}")


if __name__ == "__main__":
    main()
