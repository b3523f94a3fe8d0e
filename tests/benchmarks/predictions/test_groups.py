import numpy as np
import pytest
from bleedkit_test_layouts.prediction_tables import seen, table

from bleedkit.benchmarks.metrics.score import Score
from bleedkit.benchmarks.predictions.groups import groups_of, index_of, score, summary_and_groups
from bleedkit.benchmarks.protocols import deploy, onset


def test_a_deploy_metric_of_onsets_has_a_row_a_clip_and_one_of_points_a_row_a_frame():
    """Two clips of two frames, in another order than the clips: patient q is patient 1, clip b clip 0."""
    rows = deploy.SPEC.rows(
        table(
            "deploy",
            [
                seen((1, 1), (1, 1), clip_id=clip, patient_id=patient, frame=frame, onset=3, true_onset=3)
                for clip, patient in (("c", "p"), ("b", "q"))
                for frame in (5, 6)
            ],
        )
    )
    metrics = deploy.SPEC.by_name
    np.testing.assert_array_equal(groups_of(metrics["acc_10"], rows).clip, [1, 1, 0, 0])
    np.testing.assert_array_equal(groups_of(metrics["onset_acc_0"], rows).clip, [0, 1])
    for name in ("acc_10", "onset_acc_0"):
        np.testing.assert_array_equal(groups_of(metrics[name], rows).patient, [1, 0])
    assert index_of(metrics["acc_10"], rows) is rows.points.index
    assert score(metrics["acc_10"], rows) == Score(1.0, 4)
    assert score(metrics["onset_acc_0"], rows) == Score(1.0, 2)


def test_the_score_is_that_of_summary_and_groups():
    rows = onset.SPEC.rows(table("onset", [{"onset": 3, "true_onset": 5, "confidence": 0.5}]))
    metric = onset.SPEC.by_name["mean_abs_error"]
    summary, groups = summary_and_groups(metric, rows)
    assert score(metric, rows) == summary.score(groups) == Score(2.0, 1)


@pytest.mark.parametrize("name", deploy.SPEC.by_name)
def test_every_summary_has_as_many_rows_as_its_groups(name):
    metric = deploy.SPEC.by_name[name]
    frames = [seen((1, 1), (1, 1), frame=frame, onset=3, true_onset=3) for frame in range(7)]
    summary, groups = summary_and_groups(metric, deploy.SPEC.rows(table("deploy", frames)))
    values = summary.values if hasattr(summary, "values") else summary.numerator
    assert len(values) == len(groups.clip)
