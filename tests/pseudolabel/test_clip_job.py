"""One worker's job: every unit answered, and only those that hold an unreadable frame fail."""

import re
import shutil
from dataclasses import replace
from pathlib import Path

from bleedkit.datasets.cohort import Cohort
from bleedkit.models.stage import CPU, Resources
from bleedkit.pseudolabel.clip_job import ClipJob, ClipWorker, Done, Failed, RunSetup, Started, jobs_of
from bleedkit.pseudolabel.plan import plan_run
from bleedkit.pseudolabel.presets import PseudoLabelConfig, preset_config
from bleedkit.pseudolabel.segments import Anchor, Segment

STILL = PseudoLabelConfig("hold_still", "raw")  # pictures are read, and nothing is made of them


def answers(cohort: Cohort, config: PseudoLabelConfig = STILL, resources: Resources = CPU) -> dict[str, str]:
    """What became of each unit, by its frames; every answer comes from a unit that was started or shares a frame."""
    plan = plan_run(cohort, config, {})
    (job,) = jobs_of(plan.units, 1)
    said, started = {}, set()
    for event in ClipWorker(RunSetup.of(cohort, config, resources)).run(job):
        if isinstance(event, Started):
            started.add(event.unit)
            continue
        segment = plan.units[event.unit]
        place = f"{segment.frames[0]}-{segment.frames[-1]}" + (" check" if segment.hidden_label else "")
        assert place not in said, "answered once"
        assert isinstance(event, Failed) or event.unit in started
        said[place] = "done" if isinstance(event, Done) else event.what
    return said


def test_every_unit_is_answered(stills):
    assert answers(stills) == {"0-30": "done", "30-60": "done", "0-60 check": "done"}


def test_an_image_that_cannot_be_read_fails_the_units_that_hold_it(stills):
    image = stills.media_path(stills.frames("p01-trk1")[40].path)
    image.write_bytes(image.read_bytes()[:-50])
    said = answers(stills)
    assert said["0-30"] == "done"
    assert "clip p01-trk1 frame 40" in said["30-60"]
    assert "without its end marker" in said["30-60"]
    assert said["0-60 check"] == said["30-60"]


def test_two_bad_images_are_each_named(stills):
    for frame in (3, 59):
        stills.media_path(stills.frames("p01-trk1")[frame].path).unlink()
    said = answers(stills)
    assert "frame 3:" in said["0-30"]
    assert "frame 59:" in said["30-60"]
    assert "frame 3:" in said["0-60 check"], "the first of them"


def test_a_broken_video_fails_what_comes_after_the_break(texture, tmp_path):
    shutil.copytree(texture, tmp_path / "t")
    cohort = Cohort(tmp_path / "t" / "cohort", tmp_path / "t" / "clips")
    first = next(iter(cohort.clips.values()))
    cut_after(cohort.media_path(first.media), 35)
    plan = plan_run(cohort, STILL, {})
    jobs = {job.clip_id: job for job in jobs_of(plan.units, 1)}
    said = list(ClipWorker(RunSetup.of(cohort, STILL, CPU)).run(jobs[first.clip_id]))
    done = {plan.units[a.unit].frames[-1] for a in said if isinstance(a, Done)}
    failed = {plan.units[a.unit].frames[-1]: a.what for a in said if isinstance(a, Failed)}
    assert (done, set(failed)) == ({30}, {40})
    assert re.search(r"clip.mp4 frame 3[345]: ", failed[40]), "the first it misses; packets are not in order of time"


def cut_after(video: Path, frames: int) -> None:
    """Keep the first frames of a video."""
    import av

    whole = video.with_name("whole.mp4")
    video.replace(whole)
    with av.open(str(whole)) as source, av.open(str(video), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in list(source.demux(source.streams.video[0]))[:frames]:
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)


def test_weights_that_vanish_fail_the_units_with_a_clear_line(stills, tmp_path):
    config = replace(preset_config("classical"), tracker="track_on")
    gone = Resources(weights={"track_on": tmp_path / "gone.pt"})
    said = answers(stills, config, gone)
    assert len(said) == 3
    assert all("gone.pt" in what for what in said.values())


def segment(clip: str, first: int, target: str = "source") -> Segment:
    return Segment(clip, target, tuple(range(first, first + 31)), Anchor(first, (1.0, 1.0)), None)


def sizes(jobs: list[ClipJob]) -> list[tuple[str, int]]:
    return [(job.clip_id, len(job.segments)) for job in jobs]


def test_jobs_are_clips_cut_so_that_all_workers_are_busy():
    units = {f"a{i}": segment("a", 30 * i) for i in range(10)} | {"b0": segment("b", 0)}
    assert sizes(jobs_of(units, 1)) == [("a", 10), ("b", 1)]
    assert sizes(jobs_of(units, 3)) == [("a", 4), ("a", 4), ("a", 2), ("b", 1)], "11 units, 4 for each of 3"
    long = {f"a{i}": segment("a", 30 * i) for i in range(100)}
    assert sizes(jobs_of(long, 1)) == [("a", 32), ("a", 32), ("a", 32), ("a", 4)]


def test_a_job_goes_in_the_order_of_its_video():
    units = {"late": segment("a", 60), "early": segment("a", 0), "other": segment("a", 30, "second")}
    (job,) = jobs_of(units, 1)
    assert list(job.segments) == ["early", "other", "late"]
