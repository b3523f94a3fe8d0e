// What the server told: clips with their labels, and the queue. Kept, as only our own decisions change them.

const AHEAD = 12; // frames loaded ahead in either direction
const COMING = 3; // places of the queue whose clips are fetched ahead

export class Clips {
  // server: the module desk.js. pictures: a Pictures. onProgress: shows what was told of the whole work.
  constructor(server, pictures, onProgress) {
    Object.assign(this, { server, pictures, onProgress });
    this.known = new Map(); // clip_id -> { pictures, labels }
    this.queue = [];
    this.skipped = new Set();
    this.seen = 0; // number of our last decision
    this.fetching = false;
  }

  get(clip_id) {
    return this.known.get(clip_id);
  }

  // A clip and the frame to show of it; without clip_id what comes first in the queue.
  async open(clip_id, frame) {
    const known = this.known.get(clip_id);
    if (known) return { clip: known, clip_id, frame: frame ?? known.pictures.frames[0] };
    return this.reopen(clip_id, frame);
  }

  // The same, asked for anew: another window of ours may have decided something.
  async reopen(clip_id, frame) {
    const told = await this.server.ask("open", { clip_id, frame });
    const opened = told.pictures.clip_id;
    this.take(opened, told);
    return { clip: this.known.get(opened), clip_id: opened, frame: told.frame };
  }

  // wish: action, clip_id, frame, target, seconds and what else the action wants. Returns what it did, in a line.
  async decide(wish) {
    const told = await this.server.ask("decide", { seen: this.seen, ...wish });
    this.take(wish.clip_id, told);
    return told.said;
  }

  take(clip_id, told) {
    this.known.set(clip_id, { pictures: told.pictures ?? this.known.get(clip_id).pictures, labels: told.labels });
    Object.assign(this, { queue: told.queue, seen: told.seen });
    this.onProgress(told);
  }

  // The place of the queue that a frame belongs to.
  item({ clip_id, frame, target }) {
    return this.queue.find((one) => one.clip_id === clip_id && one.target === target && one.first <= frame && frame <= one.last);
  }

  skip(item) {
    this.skipped.add(keyOf(item));
  }

  // The most urgent place that was not skipped; when all were, from the top again.
  next() {
    const [found] = this.left();
    if (found || !this.queue.length) return found;
    this.skipped.clear();
    return this.queue[0];
  }

  left() {
    return this.queue.filter((one) => !this.skipped.has(keyOf(one)));
  }

  // Frames near this one, and the next clips of the queue with their pictures.
  loadAhead({ clip_id, frame }) {
    const { frames, files } = this.get(clip_id).pictures;
    const at = frames.indexOf(frame);
    for (let step = 1; step <= AHEAD; step++)
      for (const file of [files[at + step], files[at - step]]) if (file) this.pictures.of(file).catch(() => {});
    this.fetchAhead().catch(() => {}); // what fails here is asked for again when it is wanted
  }

  // One after the other: a decision shall not wait behind several of these.
  async fetchAhead() {
    if (this.fetching) return;
    this.fetching = true;
    try {
      for (const { clip_id, frame } of this.left().slice(0, COMING)) {
        if (!this.get(clip_id)) {
          const told = await this.server.ask("open", { clip_id, frame });
          if (!this.get(clip_id)) this.known.set(clip_id, { pictures: told.pictures, labels: told.labels });
        }
        const { frames, files } = this.get(clip_id).pictures;
        await this.pictures.of(files[frames.indexOf(frame)]);
      }
    } finally {
      this.fetching = false;
    }
  }
}

const keyOf = (item) => `${item.clip_id}|${item.target}|${item.frame}`;
