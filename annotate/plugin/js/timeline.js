// A clip from end to end: how uncertain its points are, whose labels they are, what was said of them, the onset.

const MARGIN = 10;
const ROWS = { band: [16, 46], labels: [50, 64], reviews: [68, 78], regions: [82, 90] };
export const HEIGHT = 112;
export const REVIEWS = { accepted: "#ffffff", corrected: "#b388ff", rejected: "#ff5252" };

export class Timeline {
  constructor(canvas, colours, onGo) {
    this.canvas = canvas;
    this.colours = colours;
    this.context = canvas.getContext("2d");
    const go = (event) => {
      if (this.scene && event.buttons & 1) onGo(this.frameAt(event));
    };
    canvas.addEventListener("pointerdown", go);
    canvas.addEventListener("pointermove", go);
  }

  // scene: { n, frame, points, flagged, regions, onset, run: [first, last] or null, fps }
  show(scene) {
    this.scene = scene;
    this.draw();
  }

  frameAt(event) {
    const box = this.canvas.getBoundingClientRect();
    const share = (event.clientX - box.left - MARGIN) / (box.width - 2 * MARGIN);
    return Math.min(this.scene.n - 1, Math.max(0, Math.floor(share * this.scene.n)));
  }

  draw() {
    const { canvas, context, scene } = this;
    const ratio = devicePixelRatio;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    const width = canvas.width / ratio;
    context.clearRect(0, 0, width, HEIGHT);
    if (!scene) return;
    const cell = (width - 2 * MARGIN) / scene.n;
    const left = (frame) => MARGIN + frame * cell;
    const bar = (frame, [top, bottom], colour) => {
      context.fillStyle = colour;
      context.fillRect(left(frame), top, Math.max(cell - (cell > 4 ? 1 : 0), 0.7), bottom - top);
    };
    if (scene.run) {
      context.fillStyle = "#ffffff18";
      context.fillRect(left(scene.run[0]), 12, (scene.run[1] - scene.run[0] + 1) * cell, HEIGHT - 26);
    }
    this.drawBand(left, cell);
    const [top, bottom] = ROWS.labels;
    for (const frame of Object.keys(scene.flagged)) bar(+frame, [top + 5, bottom - 5], this.colours.guess); // told by form too
    for (const [frame, point] of Object.entries(scene.points)) {
      bar(+frame, point.visible ? [top, bottom] : [(top + bottom) / 2 + 1, bottom], this.colours[point.state]);
      if (REVIEWS[point.review]) bar(+frame, ROWS.reviews, REVIEWS[point.review]);
    }
    for (const frame of Object.keys(scene.regions)) bar(+frame, ROWS.regions, this.colours.region);
    this.drawOnset(left);
    this.drawNow(left, cell);
    this.drawScale(left, width);
  }

  // The 90 % radius, upward; full height at the largest of the clip, which is written beside it.
  drawBand(left, cell) {
    const { context, scene } = this;
    const radii = Object.entries(scene.points)
      .filter(([, point]) => point.visible && point.xx !== null)
      .map(([frame, point]) => [+frame, 2.146 * Math.sqrt((point.xx + point.yy) / 2)]);
    const largest = Math.max(1, ...radii.map(([, radius]) => radius));
    const [top, bottom] = ROWS.band;
    context.fillStyle = "#ffc40066";
    for (const [frame, radius] of radii) {
      const height = ((bottom - top) * radius) / largest;
      context.fillRect(left(frame), bottom - height, Math.max(cell, 0.7), height);
    }
    context.fillStyle = "#b0b0b0";
    context.font = "10px sans-serif";
    context.textAlign = "left";
    if (radii.length) context.fillText(`uncertain by up to ${largest.toFixed(1)} px`, MARGIN, 10);
  }

  drawOnset(left) {
    const { context, scene } = this;
    if (!scene.onset) return;
    context.fillStyle = "#ff8a80";
    context.font = "10px sans-serif";
    if (scene.onset.frame < 0) {
      context.textAlign = "right";
      context.fillText("never bleeds", left(scene.n), 10);
      return;
    }
    const x = left(scene.onset.frame);
    context.fillRect(x - 0.75, 12, 1.5, HEIGHT - 26);
    context.textAlign = x > left(scene.n) - 40 ? "right" : "left";
    context.fillText("onset", x + (context.textAlign === "left" ? 3 : -3), 10 + 12);
  }

  drawNow(left, cell) {
    const { context, scene } = this;
    const x = left(scene.frame + 0.5);
    context.fillStyle = "#ffffff";
    context.fillRect(x - 1, 12, 2, HEIGHT - 26);
    context.beginPath();
    context.moveTo(x - 5, 8);
    context.lineTo(x + 5, 8);
    context.lineTo(x, 14);
    context.fill();
  }

  drawScale(left, width) {
    const { context, scene } = this;
    context.fillStyle = "#909090";
    context.font = "10px sans-serif";
    const step = [1, 5, 10, 20, 30, 60, 150, 300, 600, 1500, 3000, 9000].find((n) => scene.n / n < width / 60) ?? 30000;
    for (let frame = 0; frame < scene.n; frame += step) {
      context.textAlign = frame ? "center" : "left";
      context.fillText(frame, left(frame), HEIGHT - 4);
    }
  }
}
