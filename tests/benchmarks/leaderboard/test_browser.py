"""The site in a real browser: it sorts, fits a phone, prints, and runs nobody's script but its own.

`python tests/benchmarks/leaderboard/test_browser.py SITE PICTURE.png track 1280 1000` takes a picture of a board.
"""

import shutil
import sys
from pathlib import Path

import pytest

ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


@pytest.fixture(scope="module")
def chromium():
    if shutil.which("chromium") is None:
        pytest.skip("there is no chromium: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), headless=True, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium, site_folder):
    """Opens a page of the site by the start of its name; what the browser complains of is a failure."""
    opened, said = [], []

    def open_(name, folder=site_folder, width=1280, javascript=True):
        context = chromium.new_context(viewport={"width": width, "height": 740}, java_script_enabled=javascript)
        opened.append(context)
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(next(folder.glob(f"{name}*.html")).as_uri())
        return page

    yield open_
    for context in opened:
        context.close()
    assert said == []


def column(page, place, body=0):
    """Text of the first table's column, of its nth body's rows."""
    return page.evaluate(
        "([place, body]) => [...document.querySelector('table.sortable').tBodies[body].rows]"
        ".map(row => row.cells[place].dataset.value)",
        [place, body],
    )


def place_of(page, title):
    heads = page.locator("table.sortable").first.locator("thead th").all_inner_texts()
    return next(i for i, head in enumerate(heads) if head.replace("\u00a0", " ").startswith(title))


def test_a_click_puts_the_best_first_and_the_next_one_the_worst(open_page):
    page = open_page("track")
    place = place_of(page, "Mean error, px")
    head = page.locator("table.sortable").first.locator("thead th").nth(place)
    assert head.get_attribute("aria-sort") is None
    head.locator("button").click()
    assert head.get_attribute("aria-sort") == "ascending"  # the least error
    values = column(page, place)
    assert values[-1] == ""  # what has no error stays last
    assert [float(value) for value in values[:-1]] == sorted(float(value) for value in values[:-1])
    head.locator("button").click()
    assert head.get_attribute("aria-sort") == "descending"
    assert column(page, place) == [*reversed(values[:-1]), ""]


def test_the_keyboard_sorts_as_well(open_page):
    page = open_page("track")
    page.keyboard.press("Tab")
    for _ in range(40):
        if page.evaluate("document.activeElement.closest('th') !== null"):
            break
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.innerText").startswith("model")
    page.keyboard.press("Enter")
    assert column(page, 0) == ["good", "middling", "mute"]
    page.keyboard.press("Space")
    assert column(page, 0) == ["mute", "middling", "good"]


def test_blocks_are_never_mixed_by_sorting(open_page):
    page = open_page("track")
    head = page.locator("table.sortable").first.locator("thead th").nth(0)
    head.locator("button").click()
    head.locator("button").click()
    assert column(page, 0, body=0) == ["mute", "middling", "good"]
    bodies = page.locator("table.sortable").first.locator("tbody")
    assert bodies.nth(1).inner_text().startswith("Human ceiling")
    assert bodies.nth(2).inner_text().startswith("LEAKY")
    assert bodies.nth(3).inner_text().startswith("Reported, not reproduced here")


def test_the_best_is_bold_and_no_leaky_cell_is(open_page):
    page = open_page("track")
    weight = "cells => cells.map(cell => getComputedStyle(cell).fontWeight)"
    assert set(page.locator("td.best").evaluate_all(weight)) == {"700"}
    assert set(page.locator("tr.leaky td").evaluate_all(weight)) == {"400"}


def test_without_scripts_it_is_still_a_table(open_page):
    page = open_page("track", javascript=False)
    assert page.locator("table.sortable").first.locator("tbody tr").first.inner_text().startswith("good")
    assert page.locator("th button").count() == 0


@pytest.mark.parametrize("width", [320, 400, 1280])
@pytest.mark.parametrize("name", ["index", "track", "onset", "runs/"])
def test_no_page_is_wider_than_the_window(open_page, name, width):
    page = open_page(name, width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_wide_table_scrolls_in_its_box_and_keeps_its_first_column(open_page):
    page = open_page("track", width=360)
    box = page.locator(".wide").first
    assert box.evaluate("box => box.scrollWidth > box.clientWidth")
    first, third = (page.locator("table.sortable tbody tr").first.locator("th,td").nth(i) for i in (0, 3))
    left, moved = first.bounding_box()["x"], third.bounding_box()["x"]
    box.evaluate("box => box.scrollLeft = 150")
    assert first.bounding_box()["x"] == pytest.approx(left, abs=1)
    assert third.bounding_box()["x"] == pytest.approx(moved - 150, abs=1)


def test_every_picture_is_there_and_has_a_text(open_page):
    for name in ("track", "onset"):
        page = open_page(name)
        pictures = page.evaluate("[...document.images].map(one => [one.naturalWidth > 0, one.alt !== ''])")
        assert pictures
        assert all(map(all, pictures))
        frames = page.locator("svg image")
        assert frames.count() > 0
        page.locator(".strip").first.scroll_into_view_if_needed()
        assert page.evaluate("[...document.querySelectorAll('svg')].every(one => one.getAttribute('aria-label'))")


def test_frames_are_drawn_below_their_marks(open_page):
    import cv2
    import numpy as np

    page = open_page("track")
    shown = page.locator(".strip svg").nth(2).screenshot()
    picture = cv2.imdecode(np.frombuffer(shown, np.uint8), cv2.IMREAD_COLOR)[..., ::-1].astype(int)
    near = [(np.abs(picture - rgb).max(-1) < 40).sum() for rgb in ((200, 130, 140), (255, 212, 59))]
    assert near[0] > 5000  # the made-up frame's field
    assert near[1] > 10  # the answer


def test_paper_shows_every_metric_and_nothing_is_cut_off(open_page):
    page = open_page("track", width=1000)
    page.emulate_media(media="print")
    metrics = place_of(page, "Mean error, px")  # the table on the screen is still in the page
    assert metrics > 0
    assert not page.locator(".screen").is_visible()
    assert page.locator(".paper").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 1000
    assert page.pdf(format="A4")[:5] == b"%PDF-"


def test_hostile_runs_run_nothing(chromium, tmp_path):
    from bleedkit_made_runs import Made, Runs

    from bleedkit.benchmarks.leaderboard.site import leaderboard_site
    from bleedkit.benchmarks.leaderboard.write_site import write_site

    evil = "\"'><img src=x onerror='window.hit=1'><script>window.hit=1</script>"
    runs = Runs(tmp_path / "runs", patients=2, frames=3)
    site = leaderboard_site([runs("track", Made(evil), cohort=evil)], [], root=tmp_path, n_draws=100)
    write_site(site.files, tmp_path / "site")
    page = chromium.new_page()
    for path in sorted((tmp_path / "site").rglob("*.html")):
        page.goto(path.as_uri())
        assert page.evaluate("window.hit") is None
        assert page.locator("img[src=x]").count() == 0
        assert evil in page.locator("body").inner_text()
    # Were markup to slip through after all, the page's policy stops it.
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=y onerror=\"window.hit=1\">')")
    page.wait_for_timeout(200)
    assert page.evaluate("window.hit") is None
    page.close()


def take_picture(site: Path, picture: Path, board: str, width: str = "1280", height: str = "1000") -> None:
    """The head of the page whose name begins with `board`."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), headless=True, args=ARGUMENTS)
        page = browser.new_page(viewport={"width": int(width), "height": int(height)})
        page.goto(next(site.glob(f"{board}*.html")).absolute().as_uri())
        page.screenshot(path=picture)
        browser.close()


if __name__ == "__main__":
    take_picture(Path(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:])
