"""A small cohort of moving texture, densified, with exact truth at hand; and sessions on it."""

import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bleedkit.annotate.review.session import ReviewSession
from bleedkit.datasets import vl_surgpt
from bleedkit.datasets.build import build_cohort
from bleedkit.datasets.cohort import Cohort
from bleedkit.datasets.media import clip_images
from bleedkit.datasets.moving_texture import write_moving_texture
from bleedkit.pseudolabel.engines import EngineChoice
from bleedkit.pseudolabel.run import run_pseudolabels

ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
PANEL = "[data-cy=review]"
QUIET = "document.querySelector('[data-cy=review]')?.dataset.busy === 'false'"


@pytest.fixture(scope="session")
def dense_texture(tmp_path_factory) -> Path:
    """Folder with `clips/` and `cohort/`: two clips of 41 frames, labels at 0, 30 and 40 and pseudo-labels between."""
    folder = tmp_path_factory.mktemp("review texture")
    root = write_moving_texture(folder / "clips", clips=2, frames=41, seed=5)
    spec = replace(vl_surgpt.SPEC, expected={}, contradictions=())
    cohort = build_cohort(spec, root, folder / "cohort").cohort
    run_pseudolabels(cohort, out=folder / "run", engine=EngineChoice(workers=1))
    return folder


@pytest.fixture
def dense(dense_texture, tmp_path) -> Cohort:
    """A densified cohort of one's own."""
    shutil.copytree(dense_texture / "cohort", tmp_path / "cohort")
    return Cohort(tmp_path / "cohort", dense_texture / "clips")


def images_of(cohort):
    """The pictures of a clip's frames, decoded when asked for."""

    def of_clip(clip_id):
        def images(frames):
            return clip_images(cohort.media_root, cohort.clip(clip_id), cohort.frames(clip_id), frames)

        return images

    return of_clip


@pytest.fixture
def session(cohort) -> ReviewSession:
    """A reviewer on the toy cohort; corrections stand alone."""
    return ReviewSession(cohort, "kim", images_of=images_of(cohort))


class ReviewPage:
    """One browser window on a running review."""

    def __init__(self, page):
        self.page = page

    def wait(self):
        """Until nothing is under way."""
        self.page.wait_for_function(QUIET, timeout=60_000)

    def press(self, *keys):
        """Keys, one after the other, each when the one before is done."""
        for key in keys:
            self.page.keyboard.press(key)
            self.page.wait_for_timeout(60)  # between a decision and going on to the next frame nothing is under way
            self.wait()

    def state(self):
        """clip, frame, decision, shownMs."""
        return dict(self.page.evaluate(f"({{...document.querySelector('{PANEL}').dataset}})"))

    @property
    def said(self):
        return self.page.locator("[data-cy=review-said]").inner_text()

    @property
    def place(self):
        state = self.state()
        return state["clip"], int(state["frame"]), state["target"]

    def on_screen(self, xy, size):
        """Where a pixel of the frame lies in the window, the frame shown whole."""
        box = self.page.locator("[data-cy=review-picture]").bounding_box()
        scale = min(box["width"] / size.width, box["height"] / size.height)
        left = box["x"] + (box["width"] - size.width * scale) / 2
        top = box["y"] + (box["height"] - size.height * scale) / 2
        return left + xy[0] * scale, top + xy[1] * scale

    def drag(self, start, end, size):
        """Press, move and let go, pixels of the frame."""
        mouse = self.page.mouse
        mouse.move(*self.on_screen(start, size))
        mouse.down()
        for share in (0.3, 0.7, 1):
            at = [a + share * (b - a) for a, b in zip(start, end, strict=True)]
            mouse.move(*self.on_screen(at, size))
        mouse.up()
        self.page.wait_for_timeout(60)
        self.wait()

    def click(self, xy, size):
        self.page.mouse.click(*self.on_screen(xy, size))
        self.page.wait_for_timeout(60)
        self.wait()


@contextmanager
def _chromium(url, width=1280, height=800):
    """A window on the review at `url`, once its panel has opened."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as profile, sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            profile, executable_path=shutil.which("chromium"), headless=True, args=ARGUMENTS,
            viewport={"width": width, "height": height},
        )  # fmt: skip
        try:
            yield _opened(context.new_page(), url)
        finally:
            context.close()


def _opened(page, url):
    """The page on the review, its panel open and FiftyOne's advertisement gone."""
    page.goto(url, timeout=60_000)
    page.wait_for_selector(f"{PANEL}[data-busy=false]", timeout=60_000)
    dismiss = page.get_by_text("Dismiss", exact=True)
    if dismiss.count():
        dismiss.first.click()
    return ReviewPage(page)


@pytest.fixture
def chromium():
    """Opens windows of Debian's chromium on a review."""
    if shutil.which("chromium") is None:
        pytest.skip("there is no chromium: apt-get install chromium")
    return _chromium
