// The Review panel: which frame is shown, what the keys do, and what the server said.

const MOST_FPS = 15; // of playing: a stretch of a second shall be seen
const ADVANCE = new Set(["accept", "reject"]); // after these, and whatever settles a stretch, the next of the queue is shown
const NOT_UNDONE = new Set(["undo", "comment"]);

export class Panel {
  // parts: the modules beside this one. sample: id of the FiftyOne sample to begin with, where one is open.
  constructor(root, parts, sample) {
    this.root = root;
    this.server = parts.desk;
    this.lib = parts;
    this.pictures = new parts.pictures.Pictures(parts.desk.mediaUrl);
    this.clips = new parts.clips.Clips(parts.desk, this.pictures, (told) => parts.sidebar.showProgress(this.ui, told));
    this.now = null; // { clip_id, frame, target }
    this.been = []; // where we were before
    this.decided = []; // places of our decisions, for undo
    this.drawing = null; // { outlines, keep } while a region is drawn
    this.points = []; // keypoints of the frame, where wanted
    this.sample = sample;
    this.shownAt = performance.now();
    this.ui = parts.sidebar.build(root, {
      keys: parts.keys.KEYS,
      keyText: parts.keys.keyText,
      colours: parts.picture.COLOURS,
      reviews: parts.timeline.REVIEWS,
      helpRows: parts.keys.helpRows(),
      onKey: (name) => this.act(name),
      onItem: (item) => this.goItem(item),
      onComment: (text) => this.comment(text),
    });
    this.picture = new parts.picture.Picture(this.ui.canvas, {
      onMove: (xy) => this.decide("move", { xy }),
      onStroke: (outline) => this.drawn(outline),
    });
    this.timeline = new parts.timeline.Timeline(this.ui.timeline, parts.picture.COLOURS, (frame) => this.go(frame));
    this.resized = new ResizeObserver(() => this.resize());
    this.resized.observe(this.ui.picture);
    this.onKeyDown = (event) => this.key(event);
    window.addEventListener("keydown", this.onKeyDown, true); // before FiftyOne's own shortcuts
    this.start(sample);
  }

  close() {
    window.removeEventListener("keydown", this.onKeyDown, true);
    this.resized.disconnect();
    this.stop();
  }

  async start(sample) {
    await this.work("Opening the cohort …", async () => {
      const place = sample ? await this.server.ask("place", { sample }) : {};
      await this.open(place.clip_id, place.frame);
      this.say("Press ? for the keys", "done");
    });
  }

  // FiftyOne shows another sample in its viewer: follow, unless it follows us.
  async showSample(sample) {
    if (!this.now || this.busy || sample === this.sample) return;
    this.sample = sample;
    await this.work("", async () => {
      const place = await this.server.ask("place", { sample });
      if (place.clip_id !== this.now.clip_id || place.frame !== this.now.frame) await this.open(place.clip_id, place.frame);
    });
  }

  // --- where we are

  get clip() {
    return this.clips.get(this.now.clip_id);
  }

  get frames() {
    return this.clip.pictures.frames;
  }

  async open(clip_id, frame, target) {
    const told = await this.clips.open(clip_id, frame);
    const targets = Object.keys(told.clip.labels.points);
    const wanted = target ?? this.clips.queue.find((one) => one.clip_id === told.clip_id)?.target;
    this.now = { clip_id: told.clip_id, frame: told.frame, target: targets.includes(wanted) ? wanted : targets[0] };
    await this.show();
  }

  get item() {
    return this.clips.item(this.now);
  }

  async go(frame) {
    const frames = this.frames;
    const at = frames.reduce((best, one) => (Math.abs(one - frame) < Math.abs(best - frame) ? one : best), frames[0]);
    if (at === this.now.frame) return;
    this.leaveDrawing();
    this.now = { ...this.now, frame: at };
    this.points = [];
    await this.show();
  }

  async goItem(item) {
    if (this.busy) return;
    this.stop();
    this.leaveDrawing();
    if (this.now) this.been.push(this.now);
    if (this.ui.said.dataset.kind === "error") this.say(""); // it was about another place
    await this.work("", () => this.open(item.clip_id, item.frame, item.target));
  }

  async next() {
    if (this.item) this.clips.skip(this.item);
    await this.advance();
  }

  // To the most urgent place of the queue.
  async advance() {
    const found = this.clips.next();
    if (found) await this.goItem(found);
    else this.say("Nothing is left in the queue", "done");
  }

  async back() {
    const before = this.been.pop();
    if (before) await this.work("", () => this.open(before.clip_id, before.frame, before.target));
    else this.say("This is where you began", "done");
  }

  // --- what is on the screen

  // Load the frame's pictures, then show them with its labels; a frame that was left meanwhile is not shown.
  async show() {
    const began = performance.now();
    const { now, clip } = this;
    const file = clip.pictures.files[clip.pictures.frames.indexOf(now.frame)];
    const regions = this.lib.scene.regionsAt(clip, now.frame);
    const [image, ...masks] = await Promise.all([this.pictures.of(file), ...regions.map((one) => this.pictures.of(one.file))]);
    if (this.now !== now) return;
    const moved = this.drawnPlace !== `${now.clip_id} ${now.frame}`;
    if (moved) this.shownAt = performance.now();
    this.drawnPlace = `${now.clip_id} ${now.frame}`;
    this.image = image;
    this.masks = masks.map((mask) => this.lib.picture.tinted(mask, clip.pictures.size));
    this.draw();
    Object.assign(this.ui.bk.dataset, { clip: now.clip_id, frame: now.frame, target: now.target });
    this.ui.bk.dataset.shownMs = Math.round(performance.now() - began);
    this.follow();
    this.clips.loadAhead(now);
  }

  draw() {
    if (!this.now || !this.image) return;
    const { clip, now, drawing, item } = this;
    const { scene, picture, sidebar } = this.lib;
    const { points, point, guess } = scene.labelsAt(clip, now);
    this.picture.show({
      image: this.image,
      size: clip.pictures.size,
      point,
      guess: point || guess?.x === null ? undefined : guess,
      trail: picture.trailOf(points, now.frame),
      masks: drawing && !drawing.keep ? [] : this.masks,
      outlines: drawing?.outlines ?? [],
      drawing: Boolean(drawing),
      busy: this.busy,
      keypoints: this.points,
    });
    this.timeline.show(scene.timelineOf(clip, now, item));
    const where = `${now.clip_id} · frame ${now.frame} of ${clip.pictures.n_frames - 1}`;
    this.ui.note.textContent = drawing ? `${where} · drawing: Enter saves, Esc leaves` : where;
    sidebar.showFacts(this.ui, scene.factsOf(clip, now));
    sidebar.showQueue(this.ui, this.clips.queue, (one) => one === item);
  }

  resize() {
    const { width, height } = this.ui.picture.getBoundingClientRect();
    const ratio = devicePixelRatio;
    const size = (canvas, w, h) => {
      Object.assign(canvas, { width: Math.round(w * ratio), height: Math.round(h * ratio) });
      Object.assign(canvas.style, { width: `${w}px`, height: `${h}px` });
    };
    size(this.ui.canvas, width, height);
    size(this.ui.timeline, this.ui.time.getBoundingClientRect().width, this.lib.timeline.HEIGHT);
    this.draw();
  }

  // In FiftyOne's viewer the sample follows our frame.
  follow() {
    const { pictures } = this.clip;
    const sample = pictures.samples[pictures.frames.indexOf(this.now.frame)];
    if (!this.sample || !sample || sample === this.sample || this.playing) return;
    this.sample = sample;
    window.__foo__?.executeOperator("open_sample", { id: sample });
  }

  say(text, kind) {
    this.lib.sidebar.say(this.ui, text, kind);
  }

  // --- keys

  key(event) {
    const hidden = !this.root.offsetParent || (document.querySelector("[data-cy=modal]") && !this.root.closest("[data-cy=modal]"));
    const name = hidden ? undefined : this.lib.keys.nameOf(event);
    if (!name) return;
    if (!this.drawing && (name === "save" || name === "empty")) return;
    if (!this.drawing && this.ui.help.hidden && name === "cancel") return; // FiftyOne's: it closes the viewer
    event.preventDefault();
    event.stopImmediatePropagation();
    const far = event.shiftKey ? 10 : 1;
    if (name === "forward") this.step(far);
    else if (name === "backward") this.step(-far);
    else if (!event.repeat) this.act(name);
  }

  act(name) {
    if (this.ui.help.hidden === false && name !== "help" && name !== "cancel") this.ui.help.hidden = true;
    if (name !== "play") this.stop();
    const acts = {
      help: () => (this.ui.help.hidden = !this.ui.help.hidden),
      cancel: () => this.cancel(),
      unzoom: () => this.picture.resetZoom(),
      play: () => (this.playing ? this.stop() : this.play()),
      next: () => this.next(),
      back: () => this.back(),
      target: () => this.nextTarget(),
      keypoints: () => this.toggleKeypoints(),
      redraw: () => this.startDrawing(),
      save: () => this.saveDrawing(),
      empty: () => this.emptyDrawing(),
      comment: () => this.startComment(),
      segment: () => this.decide("accept", { scope: "segment" }),
      clip: () => this.decide("accept", { scope: "clip" }),
      hideAll: () => this.decide("hide", { scope: "segment" }),
      undo: () => this.undo(),
    };
    if (!this.now) return;
    (acts[name] ?? (() => this.decide(name)))();
  }

  step(by) {
    if (!this.now) return;
    this.stop();
    const at = this.frames.indexOf(this.now.frame) + by;
    this.go(this.frames[Math.min(Math.max(at, 0), this.frames.length - 1)]);
  }

  // The stretch from its first frame to its last, slowly enough to be judged; then where it began.
  play() {
    const { item, frames } = this;
    const from = this.now.frame;
    const shown = item ? frames.filter((frame) => item.first <= frame && frame <= item.last) : frames.slice(frames.indexOf(from));
    this.playing = setInterval(
      () => {
        const next = shown.shift();
        if (next === undefined) this.stop();
        this.go(next ?? from);
      },
      1000 / Math.min(this.clip.pictures.fps, MOST_FPS),
    );
  }

  stop() {
    clearInterval(this.playing);
    this.playing = null;
  }

  cancel() {
    this.ui.help.hidden = true;
    this.leaveDrawing();
    this.draw();
  }

  nextTarget() {
    const targets = Object.keys(this.clip.labels.points);
    const target = targets[(targets.indexOf(this.now.target) + 1) % targets.length];
    this.now = { ...this.now, target };
    this.show();
  }

  async toggleKeypoints() {
    if (this.points.length) this.points = [];
    else {
      const { clip_id, frame } = this.now;
      await this.work("", async () => (this.points = (await this.server.ask("keypoints", { clip_id, frame })).keypoints));
      if (!this.points.length) this.say("The cohort has no tissue points on this frame", "done");
    }
    this.draw();
  }

  // --- regions and comments

  startDrawing() {
    this.drawing = { outlines: [], keep: true };
    this.draw();
  }

  drawn(outline) {
    this.drawing?.outlines.push(outline);
    this.draw();
  }

  emptyDrawing() {
    this.drawing = { outlines: [], keep: false };
    this.draw();
  }

  leaveDrawing() {
    this.drawing = null;
  }

  async saveDrawing() {
    const { outlines, keep } = this.drawing;
    if (!outlines.length) {
      this.say("Drag round the region first; c says that there is none", "error");
      return;
    }
    if (await this.decide("redraw", { outlines, keep })) this.cancel();
  }

  startComment() {
    this.ui.text.value = "";
    this.ui.comment.hidden = false;
    this.ui.text.focus();
  }

  comment(text) {
    this.ui.comment.hidden = true;
    this.ui.text.blur();
    if (text?.trim()) this.decide("comment", { text });
  }

  // --- decisions

  // Ask for a decision, and show it only when the server has it in the log. Returns whether it was taken.
  async decide(action, more = {}) {
    if (!this.now) return false;
    const { clip_id, frame, target } = this.now;
    const seconds = (performance.now() - this.shownAt) / 1000;
    let taken = false;
    await this.work("Saving …", async () => {
      const said = await this.clips.decide({ action, clip_id, frame, target, seconds, ...more });
      taken = true;
      if (!NOT_UNDONE.has(action)) this.decided.push({ clip_id, frame, target });
      this.shownAt = performance.now();
      this.ui.bk.dataset.decision = this.clips.seen;
      this.say(`Saved: ${said}`, "done");
      await this.show();
    });
    if (taken && (ADVANCE.has(action) || more.scope)) await this.advance();
    return taken;
  }

  // What we decided last may lie in another clip by now: go there first, so that it is seen what is taken back.
  async undo() {
    if (this.busy) return;
    const place = this.decided.pop();
    if (place) await this.work("", () => this.open(place.clip_id, place.frame, place.target));
    await this.decide("undo");
  }

  // One thing at a time: nobody shall decide on what is not on the screen yet.
  async work(text, doing) {
    if (this.busy) return;
    this.busy = true;
    this.ui.bk.dataset.busy = "true";
    const late = setTimeout(() => text && this.say(text, "work"), 150);
    try {
      await doing();
    } catch (error) {
      this.say(error.message, "error");
      if (error instanceof this.server.Refused && this.now) await this.reload();
    } finally {
      clearTimeout(late);
      this.busy = false;
      this.ui.bk.dataset.busy = "false";
      this.draw();
    }
  }

  async reload() {
    const { clip_id, frame } = this.now;
    try {
      await this.clips.reopen(clip_id, frame);
      await this.show();
    } catch (error) {
      this.say(error.message, "error");
    }
  }
}
