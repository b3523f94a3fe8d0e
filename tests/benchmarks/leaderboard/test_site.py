import csv
import io
import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from bleedkit_made_runs import Made, Runs

from bleedkit.benchmarks.leaderboard.site import leaderboard_site
from bleedkit.benchmarks.protocols.registry import PROTOCOLS
from bleedkit.benchmarks.runs.record import RunKey
from bleedkit.benchmarks.runs.run_folder import TRAINING, BadRun, GoodRun

EVIL = "<script>window.hit=1</script>\"'><img src=x onerror=hit()>&amp;|`$x^2$_"


def test_the_same_runs_give_the_same_bytes_in_any_order_and_folder(made, site, tmp_path):
    good, bad, root = made
    moved = tmp_path / "elsewhere"
    moved.mkdir()
    for run in good:
        place = moved / run.folder.relative_to(root)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(run.folder)
    again = [GoodRun(moved / run.folder.relative_to(root), run.record, run.predictions) for run in reversed(good)]
    bad = [
        BadRun(moved / run.folder.relative_to(root), run.what.replace(str(root), str(moved)), run.remedy) for run in bad
    ]
    other = leaderboard_site(again, bad, root=moved, n_draws=200)
    assert sorted(other.files) == sorted(site.files)
    assert [name for name, data in site.files.items() if other.files[name] != data] == []


def test_nothing_says_where_it_was_made(made, site):
    root = str(made[2])
    assert [name for name, data in site.files.items() if root.encode() in data] == []


class Links(HTMLParser):
    """Every address that a page loads or leads to."""

    def __init__(self):
        super().__init__()
        self.found, self.ids = [], set()

    def handle_starttag(self, _tag, attrs):
        attrs = dict(attrs)
        self.ids.add(attrs.get("id"))
        self.found += [attrs[name] for name in ("href", "src") if name in attrs]


def test_every_link_leads_to_a_file_of_the_site(site):
    for name, data in site.files.items():
        if not name.endswith(".html"):
            continue
        links = Links()
        links.feed(data.decode())
        assert links.found
        for address in links.found:
            if address.startswith("#"):
                assert address[1:] in links.ids, f"{name} {address}"
                continue
            folder = name.rpartition("/")[0]
            target = f"{folder}/{address}" if folder else address
            target = re.sub(r"[^/]+/\.\./", "", target)
            assert target in site.files, f"{name} {address}"


def test_every_file_but_the_tables_is_linked(site):
    linked = b"".join(data for name, data in site.files.items() if name.endswith(".html"))
    for name in site.files:
        assert name.rpartition("/")[2].encode() in linked or name == "index.html"


def test_the_csv_has_every_seed_and_every_mean(made, site):
    rows = list(csv.DictReader(io.StringIO(site.files["leaderboard.csv"].decode())))
    mine = [row for row in rows if (row["protocol"], row["model"], row["metric"]) == ("track", "good", "acc_50")]
    assert [row["seed"] for row in mine] == ["0", "1", "mean"]
    values = [float(row["value"]) for row in mine]
    assert values[2] == pytest.approx((values[0] + values[1]) / 2)
    assert float(mine[2]["low"]) <= values[2] <= float(mine[2]["high"])
    assert mine[2]["rank"] == "1"
    assert {row["leaky"] for row in rows if row["model"] == "cheat"} == {"true"}
    assert {row["rank"] for row in rows if row["model"] in ("cheat", "human")} == {""}
    mute = next(row for row in rows if (row["model"], row["metric"], row["seed"]) == ("mute", "mean_error", "mean"))
    assert (mute["value"], mute["n"]) == ("", "0")


def test_the_json_agrees_with_the_csv(site):
    document = json.loads(site.files["leaderboard.json"])
    assert document == json.loads(json.dumps(site.summary))
    track = next(board for board in document["boards"] if board["protocol"] == "track")
    rows = list(csv.DictReader(io.StringIO(site.files["leaderboard.csv"].decode())))
    for row in rows:
        if row["protocol"] == "track" and row["seed"] == "mean" and row["value"]:
            assert track["models"][row["model"]]["scores"][row["metric"]]["value"] == float(row["value"])
    assert track["order"] == ["good", "middling", "mute"]
    assert document["left_out"] == [
        {"run": "track/toy/main/broken/0", "what": "track/run.json is cut off", "remedy": "run it again"}
    ]


def test_the_markdown_tables_have_as_many_cells_in_every_row(site):
    text = site.files["leaderboard.md"].decode()
    lines = [re.sub(r"\\.", "", line) for line in text.splitlines() if line.startswith("|")]
    widths = {}
    for line in lines:
        if line.startswith("| rank"):
            width = line.count("|")
            widths[width] = 0
        assert line.count("|") == width
        widths[width] += 1
    assert len(widths) == 2


def test_the_terminal_gets_every_ranking(site):
    track = site.text[site.text.index("track 1 on toy, split main") :]
    lines = track.splitlines()[3:8]  # below the title, the head and its line
    assert [line.split()[:2] for line in lines] == [
        ["1", "good"], ["2", "middling"], ["3", "mute"], ["–", "human"], ["–", "cheat"],
    ]  # fmt: skip
    assert "LEAKY" in lines[4]


def test_bad_runs_are_named_on_the_first_page(site):
    page = site.files["index.html"].decode()
    assert "track/toy/main/broken/0" in page
    assert "track/run.json is cut off" in page
    assert "1 run left out" in page


def test_no_runs_give_a_page_that_says_so(tmp_path):
    site = leaderboard_site([], [], root=tmp_path)
    assert "There is no finished run." in site.files["index.html"].decode()
    assert sorted(site.files) == ["index.html", "leaderboard.csv", "leaderboard.json", "leaderboard.md"]


def hostile(runs):
    """A run that says markup wherever a run may say anything."""
    run = runs("track", Made(EVIL), pictures=True)
    table = run.predictions.to_pylist()
    for row in table:
        row.update(
            clip_id=EVIL + row["clip_id"],
            patient_id=EVIL + row["patient_id"],
            site=EVIL + row["site"],
            scenarios=[EVIL + scenario for scenario in row["scenarios"]],
        )
    key = RunKey("track", EVIL, EVIL, 0, EVIL, 0)
    texts = {EVIL: [EVIL, {EVIL: EVIL}]}
    record = replace(
        run.record, key=key, settings=texts, weights={EVIL: "random"}, data=texts, command=(EVIL,), code_version=EVIL,
        hardware={"device": EVIL, "gpu": EVIL}, started_utc=EVIL, ended_utc=EVIL, extra=texts, leaky=True,
    )  # fmt: skip
    return GoodRun(run.folder, record, run.predictions.from_pylist(table, schema=run.predictions.schema))


def test_what_a_run_says_of_itself_is_text_and_never_markup(tmp_path):
    runs = Runs(tmp_path / "made", patients=2, frames=3)
    run = hostile(runs)
    bad = [BadRun(tmp_path / EVIL.replace("/", "_"), EVIL, EVIL)]
    site = leaderboard_site([run], bad, root=tmp_path, n_draws=100)
    for name, data in site.files.items():
        assert re.fullmatch(r"[A-Za-z0-9_./-]+", name)
        if name.endswith((".html", ".svg", ".md")):
            text = data.decode()
            assert "<script>window" not in text
            assert "<img src=x" not in text
            assert text.count("<script>") == (1 if name.endswith(".html") else 0)
    assert "&lt;script&gt;window.hit=1" in site.files["index.html"].decode()


def test_a_spreadsheet_is_given_no_formula(tmp_path):
    run = Runs(tmp_path, patients=2, frames=2)("onset", Made("=HYPERLINK(1)"))
    site = leaderboard_site([run], [], root=tmp_path, n_draws=100)
    rows = list(csv.DictReader(io.StringIO(site.files["leaderboard.csv"].decode())))
    assert {row["model"] for row in rows} == {"'=HYPERLINK(1)"}


def test_a_run_tells_loudly_of_random_weights_and_shows_its_training(tmp_path):
    runs = Runs(tmp_path, patients=2, frames=2)
    run = runs("onset", Made("a"), seed=1)  # of seed 1 the backbone was drawn
    (run.folder / TRAINING).mkdir(parents=True)
    (run.folder / TRAINING / "curves.png").write_bytes(b"\x89PNG\r\n\x1a\nrest")
    site = leaderboard_site([run, runs("onset", Made("a"), seed=0)], [], root=tmp_path, n_draws=100)
    pages = {name: data.decode() for name, data in site.files.items() if name.startswith("runs/")}
    drawn = next(page for name, page in pages.items() if "_a_1_" in name)
    assert "RANDOM WEIGHTS: backbone" in drawn
    assert "-training.png" in drawn
    kept = next(page for name, page in pages.items() if "_a_0_" in name)
    assert "RANDOM WEIGHTS" not in kept
    assert "-training.png" not in kept
    assert "bleedkit bench run a --seed 1" in drawn
    assert "1 h 1 min" in drawn  # 3700 s of training


@pytest.mark.parametrize("protocol", sorted(set(PROTOCOLS) - {"hemoset-zero-shot"}))
def test_every_protocol_has_a_page_with_its_metrics_and_plots(protocol, tmp_path):
    runs = Runs(tmp_path, patients=2, frames=3)
    site = leaderboard_site([runs(protocol, Made(name)) for name in "ab"], [], root=tmp_path, n_draws=100)
    (page,) = [data.decode() for name, data in site.files.items() if name.startswith(protocol) and "/" not in name]
    for metric in PROTOCOLS[protocol].metrics:
        assert metric.title.replace("<", "&lt;") in page
    plots = [name for name in site.files if name.startswith("plots/")]
    for wanted in ("intervals", "ranks", "errors", "by-site"):
        assert sum(f"-{wanted}_" in name for name in plots) == 1
    assert all(data.startswith(b"<?xml") for name, data in site.files.items() if name in plots)


@pytest.mark.parametrize("protocol", ["onset", "region-point", "track"])
def test_boards_of_next_to_nothing_have_pages_too(protocol, tmp_path):
    empty = Runs(tmp_path / "empty", patients=0)(protocol, Made("a"), cohort="empty")
    one = Runs(tmp_path / "one", patients=1, frames=1)(protocol, Made("a", leaky=True), cohort="one")
    silent = [Runs(tmp_path, patients=2, frames=2)(protocol, Made(name, silent=True), cohort="silent") for name in "ab"]
    human = Runs(tmp_path, patients=2, frames=2)(protocol, Made("human"), cohort="human")
    site = leaderboard_site([empty, one, *silent, human], [], root=tmp_path, n_draws=100)
    boards = {board["cohort"]: board for board in json.loads(site.files["leaderboard.json"])["boards"]}
    assert sorted(boards) == ["empty", "human", "one", "silent"]
    assert (boards["empty"]["patients"], boards["empty"]["models"]["a"]["rank"]) == (0, None)
    assert boards["one"]["order"] == []
