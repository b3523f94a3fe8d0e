"""How good the pseudo-labels are on moving-texture clips with exact truth, beside simpler ways on the same frames.

    python -m bleedkit.benchmarks.pseudolabel_quality [--preset classical] [--tracker lucas_kanade] [--clips 6]

Makes the clips and does what `bleedkit pseudolabel evaluate` does on any cohort.
"""

import argparse
import tempfile
from dataclasses import replace
from pathlib import Path

from ..datasets import vl_surgpt
from ..datasets.build import build_cohort
from ..datasets.cohort import Cohort
from ..datasets.errors import BleedkitError
from ..datasets.moving_texture import write_moving_texture
from ..pseudolabel.evaluation import evaluate_pseudolabels
from ..pseudolabel.evaluation_files import evaluation_json
from ..pseudolabel.evaluation_text import evaluation_text
from ..pseudolabel.presets import preset_config


def made_up_cohort(folder: Path, clips: int, seed: int) -> Cohort:
    """Moving-texture clips as a cohort."""
    root = write_moving_texture(folder / "clips", clips=clips, seed=seed)
    cohort = build_cohort(replace(vl_surgpt.SPEC, expected={}, contradictions=()), root, folder / "cohort").cohort
    if cohort is None:
        raise BleedkitError(f"{root} gave no cohort", "run 'bleedkit demo' to see why")
    return cohort


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", default="classical")
    parser.add_argument("--tracker", default="", help="in place of the preset's own")
    parser.add_argument("--clips", type=int, default=6)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    config = preset_config(asked.preset, tracker=asked.tracker)
    with tempfile.TemporaryDirectory() as folder:
        cohort = made_up_cohort(Path(folder), asked.clips, asked.seed)
        found = evaluate_pseudolabels(cohort, config, name=asked.preset)
    print(evaluation_json(found) if asked.json else evaluation_text(found))


if __name__ == "__main__":
    main()
