import math
import re

from bleedkit.benchmarks.leaderboard.score_table import hint, plain_cell
from bleedkit.benchmarks.leaderboard.standing import Standing
from bleedkit.benchmarks.metrics.metric import Metric
from bleedkit.benchmarks.metrics.score import Score

NAN = math.nan
SHARE = Metric("acc", "Accuracy", "%", "higher", lambda rows: rows, "How often it is right.")
BY_SEED = {0: Score(0.5, 40), 3: Score(0.6, 40)}


def standing(**changes):
    known = {"value": 0.55, "spread": 0.0707, "by_seed": BY_SEED, "n": 40, "low": 0.4812, "high": 0.61}
    return Standing(**(known | changes))


def test_marks_say_worse_than_the_best_and_not_to_be_relied_on():
    assert standing().mark == ""
    assert standing(p=0.2).mark == ""
    assert standing(p=0.049).mark == "*"
    assert standing(p=0.0099).mark == "**"
    assert standing(p=0.03, why="2 patients").mark == "*†"


def test_a_cell_in_words_shows_mean_spread_interval_and_marks():
    assert plain_cell(SHARE, standing()) == "55.0 ± 7.1 [48.1 to 61.0]"
    assert plain_cell(SHARE, standing(best=True)) == "**55.0 ± 7.1** [48.1 to 61.0]"
    assert plain_cell(SHARE, standing(spread=NAN, low=NAN, high=NAN)) == "55.0"
    assert plain_cell(SHARE, standing(p=0.01, why="few")) == r"55.0 ± 7.1 [48.1 to 61.0] \*†"
    assert plain_cell(SHARE, standing(value=NAN, n=0)) == "–"


def test_the_hint_has_every_seed_and_why_not_to_rely_on_it():
    said = hint(SHARE, standing(p=0.0312, why="2 patients"))
    assert said == (
        "seed 0: 50.0, seed 3: 60.0; 95 % interval over patients 48.1 to 61.0; interval not reliable: 2 patients; "
        "as good as the best: p = 0.0312 (Holm)"
    )


def text(html):
    """Without tags and small print."""
    return re.sub("<[^>]*>", "", re.sub("<small>.*?</small>", "", html))


def cells_of(page, model):
    """Text of a model's row in the page's first table, by its head, and the row's HTML."""
    table = page[page.index("<table") : page.index("</table>")]
    heads = [text(head) for head in re.findall("<th.*?</th>", table[: table.index("</thead>")])]
    row = next(row for row in re.findall("<tr.*?</tr>", table) if f'data-value="{model}"' in row)
    return dict(zip(heads, map(text, re.findall("<t[hd].*?</t[hd]>", row)), strict=True)), row


def test_rows_of_the_page(site):
    (name,) = [name for name in site.files if name.startswith("track") and name.endswith(".html")]
    page = site.files[name].decode()
    good, _ = cells_of(page, "good")
    assert (good["model"], good["rank"], good["seeds"]) == ("good", "1", "2")
    mute, _ = cells_of(page, "mute")
    # Without any answer every frame is wrong, and there is no error to speak of.
    assert mute["≤50 px %\u00a0↑"].startswith("0.0 ± 0.0")
    assert mute["Mean error, px\u00a0↓"] == "–"
    cheat, row = cells_of(page, "cheat")
    assert cheat["rank"] == "–"
    assert 'class="leaky"' in row
    assert "LEAKY" in cheat["model"]
    assert 'class="best"' not in row
    human, row = cells_of(page, "human")
    assert human["rank"] == "–"
    assert 'class="human"' in row


def test_the_papers_rows_are_said_to_be_reported_and_come_last(site):
    (name,) = [name for name in site.files if name.startswith("track") and name.endswith(".html")]
    page = site.files[name].decode()
    table = page[page.index("<table") : page.index("</table>")]
    assert "Reported, not reproduced here: BleedOrigin Table 7, p. " in table
    ours = [table.index(f'data-value="{name}"') for name in ("good", "mute", "cheat", "human")]
    assert table.index("Reported, not") > max(ours)
    reported = re.findall('<tr class="reported">.*?</tr>', table)
    assert reported
    assert all(re.findall("<td[^>]*>([^<]*)</td>", row)[0] == "" for row in reported)  # no rank
