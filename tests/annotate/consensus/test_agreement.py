import json
import re

import numpy as np
import pyarrow.parquet as pq
import pytest

from bleedkit.annotate.consensus.agreement import consensus_of, mask_reader, measure_agreement
from bleedkit.annotate.consensus.agreement_files import agreement_document, write_agreement
from bleedkit.annotate.consensus.terms import Terms
from bleedkit.datasets.cohort import Cohort
from bleedkit.datasets.errors import BleedkitError
from bleedkit.datasets.phantom.generate import PhantomSettings, generate_phantom
from bleedkit.pseudolabel.known_truth import known_truth

from .conftest import hidden, onset, point, square

TERMS = Terms(within_px=10 * 1240 / 64)


@pytest.fixture
def quarrel(people) -> Cohort:
    people.draw("<kim>", square(10, 10, 4))
    people.draw("lee", square(13, 10, 4))
    return people.say(
        *(point("<kim>", 10, 10), point("lee", 40, 40)),
        *(point("<kim>", 10, 10, clip="b1"), hidden("lee", clip="b1")),
        *(onset("<kim>", 4), onset("lee", 16)),
    )


def test_everything_is_measured_and_the_worst_comes_first(quarrel):
    found = measure_agreement(quarrel, TERMS)
    assert found.points.places == 2
    assert found.regions.places == 1
    assert found.onsets.clips == 1
    assert [(one.of, one.apart) for one in found.disagreements] == [
        ("point", np.inf),
        ("point", pytest.approx(np.hypot(30, 30) / 10)),
        ("region", pytest.approx(0.75 / 0.3)),  # Dice 2 * 4 / 32
        ("onset", pytest.approx(1.2 / 0.5)),
    ]


def test_one_target_alone(quarrel):
    found = measure_agreement(quarrel, TERMS, target="source")
    assert found.regions is None
    assert found.onsets is None
    assert {one.of for one in found.disagreements} == {"point"}


def test_the_page_is_whole_and_always_the_same(quarrel, tmp_path):
    found, rows = measure_agreement(quarrel, TERMS), consensus_of(quarrel, "majority", TERMS)
    page = write_agreement(found, "majority", rows, tmp_path / "one").read_bytes()
    again = write_agreement(measure_agreement(quarrel, TERMS), "majority", rows, tmp_path / "two").read_bytes()
    assert page == again
    text = page.decode()
    assert "&lt;kim&gt;" in text
    assert "<kim>" not in text
    assert not re.search(r'(src|href)="(?!data:)', text)
    assert str(tmp_path) not in text
    # Two points, of which one is not seen by lee, one region, two frames of an onset.
    assert text.count("<figure") == 5


def test_every_number_is_json_and_every_pair_a_row(quarrel, tmp_path):
    found, rows = measure_agreement(quarrel, TERMS), consensus_of(quarrel, "majority", TERMS)
    write_agreement(found, "majority", rows, tmp_path)
    written = json.loads((tmp_path / "agreement.json").read_text(), parse_constant=pytest.fail)
    assert written == json.loads(json.dumps(agreement_document(found, "majority", rows)))
    assert written["points"]["median_px"]["value"] == pytest.approx(np.hypot(30, 30))
    assert written["consensus"]["undecided"] == [
        ["point", "a1", 0, "source"],
        ["point", "b1", 0, "source"],
        ["onset", "a1", -1, "onset"],
    ]
    pairs = pq.read_table(tmp_path / "point_pairs.parquet").to_pylist()
    assert [(row["x_a"], row["y_b"]) for row in pairs] == [(10, 40), (10, None)]
    assert pq.read_table(tmp_path / "region_pairs.parquet")["dice"].to_pylist() == [0.25]
    assert pq.read_table(tmp_path / "onset_pairs.parquet")["frame_b"].to_pylist() == [16]


def test_people_who_all_see_nothing_have_a_page_too(people, tmp_path):
    names = [f"p{i}" for i in range(8)]  # more than there are colours
    for name in names:
        people.draw(name, square(0, 0, 0))
    cohort = people.say(*(hidden(name) for name in names), *(onset(name, -1) for name in names))
    found, rows = measure_agreement(cohort, TERMS), consensus_of(cohort, "median", TERMS)
    page = write_agreement(found, "median", rows, tmp_path).read_text()
    assert "nan" not in page
    assert found.disagreements == ()
    assert (rows.points[0].visible, rows.masks[0].area, rows.onsets[0].frame) == (False, 0, -1)


def test_a_cohort_of_one_annotator_says_so(people):
    with pytest.raises(BleedkitError, match=r"no two people labelled the same thing; annotators: kim"):
        measure_agreement(people.say(point("kim", 1, 1)), TERMS)
    with pytest.raises(BleedkitError, match=r"of source-9; annotators: nobody"):
        measure_agreement(people.cohort, TERMS, target="source-9")


def test_a_mask_of_another_size_is_named(people):
    label = people.draw("kim", np.ones((10, 10), bool))
    with pytest.raises(BleedkitError, match="mask must be 64x48 like its clip, got 10x10"):
        mask_reader(people.cohort)(label)


@pytest.mark.slow
def test_phantoms_people_come_nearer_to_the_truth_together(tmp_path):
    """Two people's independent errors have half the mean square in their mean; a slip in frames or places would not."""
    cohort = generate_phantom(tmp_path / "cohort", PhantomSettings(preset="demo", clips=3, scale=0.5), workers=1)
    found = measure_agreement(cohort, TERMS)
    assert found.points.annotators == ("A1", "A2")
    truth = {clip: known_truth(cohort, clip) for clip in cohort.clips}

    def squared(place, xy):
        clip, frame, target = place
        return float(np.sum((truth[clip][target].xy[frame] - xy) ** 2))

    pairs = {(p.clip_id, p.frame, p.target): (p.xy_a, p.xy_b) for p in found.points.pairs if np.isfinite(p.distance)}
    single = [squared(place, xy) for place, both in pairs.items() for xy in both]
    made = {(p.clip_id, p.frame, p.target): (p.x, p.y) for p in consensus_of(cohort, "mean", TERMS).points}
    joint = [squared(place, made[place]) for place in pairs]
    assert len(joint) > 5
    assert np.mean(joint) < 0.7 * np.mean(single)
