// Pictures loaded ahead, the most lately wanted kept.

export class Pictures {
  constructor(urlOf, kept = 240) {
    this.urlOf = urlOf;
    this.kept = kept;
    this.loading = new Map();
  }

  // The decoded picture of a file; the same promise for the same file.
  of(path) {
    const known = this.loading.get(path);
    if (known) this.loading.delete(path);
    const wanted = known ?? load(this.urlOf(path));
    this.loading.set(path, wanted);
    if (!known) wanted.catch(() => this.loading.delete(path));
    while (this.loading.size > this.kept) this.loading.delete(this.loading.keys().next().value);
    return wanted;
  }
}

async function load(url) {
  const image = new Image();
  image.src = url;
  try {
    await image.decode();
  } catch {
    throw new Error("the picture of this frame cannot be shown");
  }
  return image;
}
