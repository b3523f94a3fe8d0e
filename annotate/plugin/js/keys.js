// What each key does: shown by ? and on the buttons, so that there is one list.

// name: what the panel does. group: buttons stand together by it; "" for keys without a button.
export const KEYS = [
  { key: "a", name: "accept", label: "Accept", group: "judge", help: "accept what is shown on this frame" },
  { key: "s", name: "segment", label: "Accept stretch", group: "judge", help: "accept all points of this stretch, between two labels by people" },
  { key: "S", name: "clip", label: "Accept clip", group: "judge", help: "accept all points of this clip" },
  { key: "x", name: "reject", label: "Reject", group: "judge", help: "reject the point, or the region where there is no point" },
  { key: "h", name: "hide", label: "Not visible", group: "correct", help: "the point is not to be seen on this frame" },
  { key: "H", name: "hideAll", label: "… in stretch", group: "correct", help: "the point is not to be seen on any open frame of this stretch" },
  { key: "o", name: "onset", label: "Onset here", group: "correct", help: "this is the first frame that bleeds" },
  { key: "O", name: "never", label: "Never bleeds", group: "correct", help: "the clip has no onset" },
  { key: "r", name: "redraw", label: "Draw region", group: "correct", help: "draw the region: drag round it, Alt-drag cuts, Backspace empties, Enter saves" },
  { key: "c", name: "clear", label: "No region", group: "correct", help: "nothing bleeds actively on this frame" },
  { key: "t", name: "comment", label: "Comment", group: "correct", help: "write a comment on this frame" },
  { key: "u", name: "undo", label: "Undo", group: "go", help: "take back your last decision, wherever it was" },
  { key: "n", name: "next", label: "Next", group: "go", help: "next in the queue, without a decision" },
  { key: "p", name: "back", label: "Previous", group: "go", help: "back to where you were" },
  { key: "?", name: "help", label: "Keys", group: "go", help: "this list" },
  { key: "ArrowRight", name: "forward", shown: "→", help: "one frame on; Shift: ten" },
  { key: "ArrowLeft", name: "backward", shown: "←", help: "one frame back; Shift: ten" },
  { key: " ", name: "play", shown: "Space", help: "play this stretch, and come back here" },
  { key: "k", name: "keypoints", shown: "k", help: "show or hide the tissue points of this frame" },
  { key: "z", name: "unzoom", shown: "z", help: "the whole frame again; the wheel zooms, Shift-drag moves" },
  { key: "Tab", name: "target", shown: "Tab", help: "the clip's next target, where it has several" },
  { key: "Enter", name: "save", shown: "Enter", help: "save the region that is drawn" },
  { key: "Backspace", name: "empty", shown: "Backspace", help: "empty the region that is drawn" },
  { key: "Escape", name: "cancel", shown: "Esc", help: "leave drawing, commenting, this list" },
];

const MOUSE = [
  ["click, drag", "put the point there; its stretch is tracked anew at once"],
  ["click on the timeline", "go to that frame"],
];

// How a key is written on the screen.
export const keyText = ({ key, shown }) => shown ?? (/^[A-Z]$/.test(key) ? `⇧${key}` : key);

export function helpRows() {
  return [...KEYS.map((one) => [keyText(one), one.help]), ...MOUSE];
}

// The name of the key that an event means to us; undefined where it is none of ours, or typing.
export function nameOf(event) {
  const { target } = event;
  if (event.ctrlKey || event.metaKey || event.altKey) return undefined;
  if (target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName)) return undefined;
  const key = event.key.length === 1 && !event.shiftKey ? event.key.toLowerCase() : event.key; // Caps Lock is no Shift
  return KEYS.find((one) => one.key === key)?.name;
}
