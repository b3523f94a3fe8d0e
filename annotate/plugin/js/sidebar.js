// What stands round the picture: progress, buttons, the frame's labels, the queue, comment and help. No state here.

const STYLE = `
.bk { display: grid; grid-template: auto 1fr auto / 1fr 290px; gap: 6px; width: 100%; height: 100%; padding: 8px;
  box-sizing: border-box; background: #181818; color: #e6e6e6; font: 13px/1.4 system-ui, sans-serif; position: relative;
  overflow: hidden; }
.bk canvas { display: block; touch-action: none; }
.bk-top { grid-column: 1 / 3; display: flex; gap: 16px; align-items: center; white-space: nowrap; overflow: hidden; }
.bk-bar { flex: 1; height: 6px; background: #383838; border-radius: 3px; overflow: hidden; min-width: 60px; }
.bk-bar > div { height: 100%; background: #00e676; width: 0; }
.bk-picture { position: relative; min-height: 0; min-width: 0; overflow: hidden; border-radius: 4px; }
.bk-said { position: absolute; left: 8px; bottom: 8px; max-width: 90%; padding: 3px 10px; border-radius: 4px;
  background: #000000b0; pointer-events: none; }
.bk-said:empty { display: none; }
.bk-said[data-kind=error] { background: #b71c1c; }
.bk-said[data-kind=work] { background: #5d4037; }
.bk-note { position: absolute; left: 8px; top: 8px; padding: 3px 10px; border-radius: 4px; background: #000000b0;
  pointer-events: none; }
.bk-side { display: flex; flex-direction: column; gap: 8px; min-height: 0; }
.bk-group { display: grid; grid-template-columns: 1fr 1fr; gap: 4px; }
.bk button { display: flex; justify-content: space-between; gap: 4px; padding: 4px 8px; white-space: nowrap; border: 1px solid #484848;
  border-radius: 4px; background: #2a2a2a; color: inherit; font: inherit; cursor: pointer; }
.bk button:hover { background: #3a3a3a; }
.bk kbd { color: #ffc400; font: inherit; }
.bk-facts { display: grid; grid-template-columns: auto 1fr; gap: 1px 10px; }
.bk-facts > :nth-child(odd) { color: #a0a0a0; }
.bk-queue { flex: 1; min-height: 0; overflow-y: auto; display: flex; flex-direction: column; gap: 2px; }
.bk-queue button { flex-direction: column; gap: 0; text-align: left; padding: 2px 6px; border-color: transparent; }
.bk-queue button[data-now=true] { border-color: #ffc400; }
.bk-queue button { white-space: normal; }
.bk-queue small { color: #a0a0a0; overflow: hidden; display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; }
.bk-time { grid-column: 1 / 3; }
.bk-legend { display: flex; gap: 12px; color: #a0a0a0; font-size: 11px; flex-wrap: wrap; }
.bk-legend i { display: inline-block; width: 9px; height: 9px; border-radius: 2px; margin-right: 4px; }
.bk-cover { position: absolute; inset: 0; background: #000000c0; display: flex; align-items: center; justify-content: center; }
.bk-cover[hidden] { display: none; }
.bk-box { background: #242424; padding: 16px 20px; border-radius: 6px; max-height: 92%; overflow-y: auto; }
.bk-box table { border-spacing: 14px 1px; }
.bk-box td:first-child { white-space: nowrap; padding-right: 14px; }
.bk-box textarea { width: 340px; height: 80px; background: #181818; color: inherit; font: inherit; }
`;

const LEGEND = [["human", "by a person"], ["pseudo", "between labels"], ["model", "by a model"], ["guess", "not trusted: a guess"], ["region", "region"]];

export function build(root, { keys, keyText, colours, reviews, helpRows, onKey, onItem, onComment }) {
  const made = (tag, className = "", text = "") => Object.assign(document.createElement(tag), { className, textContent: text });
  const bk = made("div", "bk");
  bk.dataset.cy = "review";
  bk.append(made("style", "", STYLE));

  const top = made("div", "bk-top");
  const [progress, bar, pace] = [made("span"), made("div", "bk-bar"), made("span")];
  bar.append(made("div"));
  top.append(progress, bar, pace);

  const picture = made("div", "bk-picture");
  const [canvas, said, note] = [made("canvas"), made("div", "bk-said"), made("div", "bk-note")];
  canvas.dataset.cy = "review-picture";
  said.dataset.cy = "review-said";
  said.setAttribute("role", "status");
  picture.append(canvas, note, said);

  const side = made("div", "bk-side");
  for (const group of ["judge", "correct", "go"]) {
    const buttons = made("div", "bk-group");
    for (const one of keys.filter((each) => each.group === group)) {
      const button = made("button", "", one.label);
      button.title = one.help;
      button.append(made("kbd", "", keyText(one)));
      button.addEventListener("click", () => {
        button.blur(); // or Space and Enter would press it again
        onKey(one.name);
      });
      buttons.append(button);
    }
    side.append(buttons);
  }
  const [facts, queue] = [made("div", "bk-facts"), made("div", "bk-queue")];
  facts.dataset.cy = "review-facts";
  side.append(facts, made("div", "", "Queue"), queue);

  const time = made("div", "bk-time");
  const [timeline, legend] = [made("canvas"), made("div", "bk-legend")];
  timeline.dataset.cy = "review-timeline";
  const entries = [...LEGEND.map(([name, text]) => [colours[name], text]), ...Object.entries(reviews).map(([said, colour]) => [colour, said])];
  for (const [colour, text] of entries) {
    const entry = made("span");
    const square = made("i");
    square.style.background = colour;
    entry.append(square, text);
    legend.append(entry);
  }
  time.append(timeline, legend);

  const help = cover(made, bk);
  const table = made("table");
  for (const [key, text] of helpRows) {
    const row = made("tr");
    const cell = made("td");
    cell.append(made("kbd", "", key));
    row.append(cell, made("td", "", text));
    table.append(row);
  }
  help.firstChild.append(table);

  const comment = cover(made, bk);
  const text = made("textarea");
  text.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Escape") onComment(null);
    else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      onComment(text.value);
    }
  });
  comment.firstChild.append(made("div", "", "Comment on this frame (Enter saves, Esc leaves)"), text);

  bk.append(top, picture, side, time, help, comment);
  root.replaceChildren(bk);
  return { bk, progress, bar: bar.firstChild, pace, picture, canvas, said, note, facts, queue, time, timeline, help, comment, text, onItem, made };
}

function cover(made, bk) {
  const over = made("div", "bk-cover");
  over.hidden = true;
  over.append(made("div", "bk-box"));
  return over;
}

// told: what the server says with every answer.
export function showProgress(parts, { progress, left, behind }) {
  const { settled, frames, decisions, seconds, reviewer, order } = progress;
  parts.progress.textContent = `${settled} of ${frames} frames settled · ${left} left in the queue (${order})`;
  parts.bar.style.width = `${frames ? (100 * settled) / frames : 0}%`;
  const pace = seconds === null ? "" : ` · ${seconds.toFixed(1)} s each (median)`;
  parts.pace.textContent = `${reviewer} · ${decisions} decision${decisions === 1 ? "" : "s"}${pace}${behind ? " · the grid is behind" : ""}`;
  parts.pace.title = behind;
}

export function showFacts(parts, rows) {
  parts.facts.replaceChildren(...rows.flatMap(([name, value]) => [parts.made("span", "", name), parts.made("span", "", value)]));
}

export function showQueue(parts, items, isNow) {
  parts.queue.replaceChildren(
    ...items.slice(0, 30).map((item) => {
      const several = item.n > 1 ? `${item.n} frames, ` : "";
      const button = parts.made("button", "", `${item.clip_id} · ${several}at ${item.frame}`);
      button.dataset.now = isNow(item);
      button.append(parts.made("small", "", item.why));
      button.title = `${item.target}: ${item.why}; expected gain ${item.gain} px`;
      button.addEventListener("click", () => parts.onItem(item));
      return button;
    }),
  );
  parts.queue.querySelector("[data-now=true]")?.scrollIntoView({ block: "nearest" });
}

export function say(parts, text, kind = "done") {
  parts.said.textContent = text;
  parts.said.dataset.kind = kind;
}
