// What of a clip is to be seen on one of its frames: for the picture, the timeline and the side.

const STATES = { human: "by a person", pseudo: "between labels", model: "by a model" }; // as the legend says it

// now: { clip_id, frame, target }. What the server said of the frame's point: a label, or else a guess.
export function labelsAt({ labels }, { frame, target }) {
  const points = labels.points[target] ?? {};
  const flagged = labels.flagged[target] ?? {};
  return { points, flagged, point: points[frame], guess: flagged[frame] };
}

// The frame's regions that have anything to show.
export const regionsAt = ({ labels }, frame) => (labels.regions[frame] ?? []).filter((one) => one.file && one.area);

// For the timeline. item: the place of the queue that the frame belongs to.
export function timelineOf(clip, now, item) {
  const { points, flagged } = labelsAt(clip, now);
  const { regions, onset } = clip.labels;
  return { n: clip.pictures.n_frames, frame: now.frame, points, flagged, regions, onset, run: item ? [item.first, item.last] : null };
}

// For the side: rows of name and value.
export function factsOf(clip, now) {
  const { labels } = clip;
  const { point, guess } = labelsAt(clip, now);
  const rows = Object.keys(labels.points).length > 1 ? [["target", now.target]] : [];
  if (point) {
    rows.push(["label", `${STATES[point.state]}${point.annotator ? `: ${point.annotator}` : ""}, ${point.review}`]);
    rows.push(["point", point.visible ? `${point.x.toFixed(1)}, ${point.y.toFixed(1)} px` : "not visible"]);
    if (point.xx !== null) rows.push(["90 % within", `${(2.146 * Math.sqrt((point.xx + point.yy) / 2)).toFixed(1)} px`]);
  } else rows.push(["label", guess ? `none: ${guess.reason}` : "none"]);
  for (const region of labels.regions[now.frame] ?? [])
    rows.push([region.target, `${region.area ? `${region.area} px²` : "none"}, ${STATES[region.state]}, ${region.review}`]);
  if (labels.onset) rows.push(["onset", labels.onset.frame < 0 ? "never" : `frame ${labels.onset.frame}, ${STATES[labels.onset.state]}`]);
  for (const text of labels.comments[now.frame] ?? []) rows.push(["your comment", text]);
  if (labels.undoable) rows.push(["u undoes", labels.undoable]);
  return rows;
}
