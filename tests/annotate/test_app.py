"""The FiftyOne App in a real browser: the pushed frames show, with their points and masks.

`python tests/annotate/test_app.py COHORT PICTURE.png` takes the README's picture of any cohort in the same way.
"""

import shutil
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest

ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


@contextmanager
def browser_page(url, width=1280, height=800):
    """A page of Debian's chromium on the App's grid, once its first pictures are drawn."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as profile, sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            profile, executable_path=shutil.which("chromium"), headless=True, args=ARGUMENTS,
            viewport={"width": width, "height": height},
        )  # fmt: skip
        try:
            page = context.new_page()
            page.goto(url, timeout=60_000)
            page.wait_for_selector("[data-cy=looker]", timeout=60_000)
            page.keyboard.press("Escape")
            page.wait_for_timeout(3000)  # the overlays are drawn after the pictures, without any sign of it
            yield page
        finally:
            context.close()


@pytest.mark.slow
def test_the_grid_shows_the_pushed_frames_and_a_mask(make_cohort, name, mongod, tmp_path):
    if shutil.which("chromium") is None:
        pytest.skip("there is no chromium: apt-get install chromium")
    from bleedkit.annotate.fiftyone_app import running_app
    from bleedkit.annotate.push import push_cohort

    cohort = make_cohort()
    push_cohort(cohort, name)
    with running_app(name) as url, browser_page(url) as page:
        assert page.locator("[data-cy=looker]").count() == 8
        assert name in page.evaluate("[...document.querySelectorAll('input')].map(input => input.value)")
        assert "8 samples" in page.locator("body").inner_text()
        shown = page.screenshot()
    import cv2
    import numpy as np

    picture = cv2.imdecode(np.frombuffer(shown, np.uint8), cv2.IMREAD_COLOR)
    assert _count_like(picture, (0, 230, 118)) > 20  # human points
    assert _count_like(picture, (255, 196, 0)) > 20  # pseudo points
    assert _count_like(picture, (0, 176, 255), within=90) > 200  # the mask, half transparent


def _count_like(picture, rgb, within=30):
    """Pixels of a BGR picture whose colour lies that near."""
    import numpy as np

    return int((np.abs(picture[..., ::-1].astype(int) - rgb).max(axis=-1) < within).sum())


def take_picture(cohort_folder: Path, picture: Path) -> None:
    """Bleeding frames of the cohort, an even spread, as the App's grid shows them."""

    import io

    from PIL import Image

    from bleedkit.annotate.mongo import running_mongod

    with tempfile.TemporaryDirectory() as folder, running_mongod(Path(folder)):
        from fiftyone import ViewField

        from bleedkit.annotate.fiftyone_app import running_app
        from bleedkit.annotate.fiftyone_dataset import load_dataset
        from bleedkit.annotate.push import push_cohort
        from bleedkit.datasets.cohort import Cohort

        cohort = Cohort(cohort_folder)
        push_cohort(cohort, cohort.meta.name)
        dataset = load_dataset(cohort.meta.name)
        bleeding = dataset.filter_labels("points", ViewField("visible")).sort_by("clip_id").values("id")
        chosen = bleeding[len(bleeding) // 24 :: max(1, len(bleeding) // 12)]
        dataset.save_view("bleeding", dataset.select(chosen, ordered=True))
        with running_app(cohort.meta.name) as url, browser_page(f"{url}?view=bleeding", height=720) as page:
            shown = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
            print(page.locator("[data-cy=looker]").count(), "frames on the picture")
    colours = shown.quantize(256, method=Image.Quantize.MAXCOVERAGE, kmeans=2, dither=Image.Dither.NONE)
    colours.save(picture, optimize=True)


if __name__ == "__main__":
    take_picture(Path(sys.argv[1]), Path(sys.argv[2]))
