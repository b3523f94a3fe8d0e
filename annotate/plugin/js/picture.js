// The frame, with its point, the point's 90 % ellipse, the way it came, its regions, and the mouse on all of that.
// Coordinates are pixels of the stored frame; `view` says where those lie on the canvas.

export const COLOURS = { human: "#00e676", pseudo: "#ffc400", model: "#40c4ff", guess: "#ff4081", region: "#00b0ff" };
const GRAB = 14; // canvas pixels within which a press takes the point along
const ELLIPSE = Math.sqrt(4.605); // 90 % of a two-dimensional normal distribution
const TRAIL = 12; // frames to each side whose points are hinted at

export class Picture {
  constructor(canvas, { onMove, onStroke }) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.onMove = onMove;
    this.onStroke = onStroke;
    this.zoom = { scale: 1, x: 0, y: 0 };
    this.scene = null;
    this.drag = null; // where the point is while it is dragged
    this.stroke = null; // an outline while it is drawn
    this.press = null;
    canvas.addEventListener("pointerdown", (event) => this.down(event));
    canvas.addEventListener("pointermove", (event) => this.moved(event));
    canvas.addEventListener("pointerup", (event) => this.up(event));
    canvas.addEventListener("pointercancel", () => this.forget());
    canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
  }

  // scene: { image, size, point, guess, trail, masks, outlines, drawing, busy, keypoints }
  show(scene) {
    this.scene = scene;
    this.draw();
  }

  resetZoom() {
    this.zoom = { scale: 1, x: 0, y: 0 };
    this.draw();
  }

  // Where the frame lies on the canvas: as large as it fits, then zoomed.
  view() {
    const [width, height] = this.scene.size;
    const fit = Math.min(this.canvas.width / width, this.canvas.height / height);
    const scale = fit * this.zoom.scale;
    return {
      scale,
      left: (this.canvas.width - width * scale) / 2 + this.zoom.x,
      top: (this.canvas.height - height * scale) / 2 + this.zoom.y,
    };
  }

  pixel(event) {
    const box = this.canvas.getBoundingClientRect();
    const { scale, left, top } = this.view();
    const ratio = this.canvas.width / box.width;
    return [((event.clientX - box.left) * ratio - left) / scale, ((event.clientY - box.top) * ratio - top) / scale];
  }

  inside([x, y]) {
    const [width, height] = this.scene.size;
    return x >= 0 && y >= 0 && x < width && y < height;
  }

  down(event) {
    if (!this.scene || this.scene.busy || event.button > 1) return;
    this.canvas.setPointerCapture(event.pointerId);
    const at = this.pixel(event);
    this.press = { at, x: event.clientX, y: event.clientY, pan: event.button === 1 || event.shiftKey };
    if (this.press.pan) return;
    if (this.scene.drawing) this.stroke = { points: [at], cut: event.altKey };
    else if (this.near(at)) this.drag = at;
  }

  moved(event) {
    if (!this.press) {
      if (this.scene) this.canvas.style.cursor = this.cursor(this.pixel(event));
      return;
    }
    const at = this.pixel(event);
    if (this.press.pan) {
      const ratio = this.canvas.width / this.canvas.getBoundingClientRect().width;
      this.zoom.x += (event.clientX - this.press.x) * ratio;
      this.zoom.y += (event.clientY - this.press.y) * ratio;
      Object.assign(this.press, { x: event.clientX, y: event.clientY });
    } else if (this.stroke) this.stroke.points.push(this.held(at));
    else if (this.drag) this.drag = this.held(at);
    this.draw();
  }

  up(event) {
    const { press, stroke, drag } = this;
    const at = this.pixel(event);
    this.forget();
    if (!press || press.pan) return;
    if (stroke) {
      if (stroke.points.length > 2) this.onStroke(stroke);
    } else if (drag ? far(press.at, at) : this.inside(at)) this.onMove(this.held(at));
  }

  forget() {
    this.press = this.stroke = this.drag = null;
    this.draw();
  }

  wheel(event) {
    if (!this.scene) return;
    event.preventDefault();
    const [x, y] = this.pixel(event);
    const before = this.view();
    this.zoom.scale = Math.min(12, Math.max(1, this.zoom.scale * Math.exp(-event.deltaY / 400)));
    if (this.zoom.scale === 1) Object.assign(this.zoom, { x: 0, y: 0 });
    else {
      const after = this.view(); // keep what lies under the mouse where it is
      this.zoom.x += before.left + x * before.scale - after.left - x * after.scale;
      this.zoom.y += before.top + y * before.scale - after.top - y * after.scale;
    }
    this.draw();
  }

  near([x, y]) {
    const { point } = this.scene;
    const { scale } = this.view();
    return point?.visible && Math.hypot(point.x - x, point.y - y) * scale < GRAB * devicePixelRatio;
  }

  held([x, y]) {
    const [width, height] = this.scene.size;
    return [Math.min(Math.max(x, 0), width - 0.01), Math.min(Math.max(y, 0), height - 0.01)];
  }

  cursor(at) {
    return this.near(at) && !this.scene.drawing ? "grab" : "crosshair";
  }

  draw() {
    const { canvas, context, scene } = this;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.fillStyle = "#101010";
    context.fillRect(0, 0, canvas.width, canvas.height);
    if (!scene?.image) return;
    const { scale, left, top } = this.view();
    context.setTransform(scale, 0, 0, scale, left, top);
    context.imageSmoothingEnabled = scale < 3;
    context.drawImage(scene.image, 0, 0, ...scene.size);
    const unit = devicePixelRatio / scale; // one screen pixel
    for (const mask of scene.masks) context.drawImage(mask, 0, 0, ...scene.size);
    for (const one of [...scene.outlines, ...(this.stroke ? [this.stroke] : [])]) drawOutline(context, one, unit);
    for (const [x, y] of scene.keypoints) dot(context, x, y, 2 * unit, "#ffffffb0");
    drawTrail(context, scene.trail, unit);
    if (scene.guess) cross(context, scene.guess.x, scene.guess.y, 9 * unit, COLOURS.guess, unit);
    if (this.drag) drawPoint(context, { state: "human", visible: true, x: this.drag[0], y: this.drag[1] }, unit);
    else if (scene.point) drawPoint(context, scene.point, unit);
  }
}

// A mask's file as a tinted picture to lay over the frame.
export function tinted(image, [width, height], colour = COLOURS.region) {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0, width, height);
  const pixels = context.getImageData(0, 0, width, height);
  const [red, green, blue] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  for (let at = 0; at < pixels.data.length; at += 4) {
    const on = pixels.data[at] > 0;
    pixels.data.set([red, green, blue, on ? 90 : 0], at);
  }
  context.putImageData(pixels, 0, 0);
  return canvas;
}

function far([x0, y0], [x1, y1]) {
  return Math.hypot(x1 - x0, y1 - y0) > 0.25;
}

function drawPoint(context, point, unit) {
  if (!point.visible || point.x === null) return;
  const colour = COLOURS[point.state];
  if (point.xx !== null && point.xx !== undefined) {
    // Axes of the covariance ((xx, xy), (xy, yy)).
    const middle = (point.xx + point.yy) / 2;
    const half = Math.hypot((point.xx - point.yy) / 2, point.xy);
    const angle = Math.atan2(2 * point.xy, point.xx - point.yy) / 2;
    context.beginPath();
    const axes = [middle + half, middle - half].map((variance) => ELLIPSE * Math.sqrt(Math.max(variance, 0)));
    context.ellipse(point.x, point.y, ...axes, angle, 0, 2 * Math.PI);
    stroke(context, colour, 1.5 * unit);
  }
  dot(context, point.x, point.y, 5 * unit, colour);
  context.beginPath();
  context.arc(point.x, point.y, 5 * unit, 0, 2 * Math.PI);
  stroke(context, point.review === "accepted" ? "#ffffff" : "#000000", 1.5 * unit);
}

function drawTrail(context, trail, unit) {
  for (const { x, y, state, apart } of trail) {
    context.globalAlpha = 0.7 * (1 - apart / (TRAIL + 1));
    dot(context, x, y, 2 * unit, COLOURS[state]);
  }
  context.globalAlpha = 1;
}

function drawOutline(context, { points, cut }, unit) {
  context.beginPath();
  points.forEach(([x, y], at) => (at ? context.lineTo(x, y) : context.moveTo(x, y)));
  context.closePath();
  context.fillStyle = cut ? "#ff174455" : "#00b0ff66";
  context.fill("evenodd");
  stroke(context, cut ? "#ff1744" : "#ffffff", 1.5 * unit);
}

function dot(context, x, y, radius, colour) {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fillStyle = colour;
  context.fill();
}

function cross(context, x, y, size, colour, unit) {
  context.beginPath();
  context.moveTo(x - size, y - size);
  context.lineTo(x + size, y + size);
  context.moveTo(x - size, y + size);
  context.lineTo(x + size, y - size);
  stroke(context, "#000000", 4 * unit); // stands out of tissue of its own colour
  stroke(context, colour, 2 * unit);
}

function stroke(context, colour, width) {
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.stroke();
}

// The points of the frames round one, for a hint at the track.
export function trailOf(points, frame) {
  const found = [];
  for (let at = frame - TRAIL; at <= frame + TRAIL; at++) {
    const point = points[at];
    if (at !== frame && point?.visible) found.push({ x: point.x, y: point.y, state: point.state, apart: Math.abs(at - frame) });
  }
  return found;
}
