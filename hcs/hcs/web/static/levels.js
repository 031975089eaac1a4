// Grey levels of what is on the screen: samples, percentiles, counts.

const MOST = 200_000; // samples that are looked at; more say nothing else

/** Samples of a channel within a drawing: of each of its tiles, the part that lies on a canvas of this size. */
export function samplesShown(drawn, channel, [width, height]) {
  const finest = Math.min(...drawn.map(({ level }) => level));
  const parts = [];
  for (const { samples, level, box: [left, top, right, bottom] } of drawn) {
    const values = samples.values.get(channel);
    if (level !== finest || !values) continue;
    const [across, down] = [samples.width / (right - left), samples.height / (bottom - top)];
    const x0 = Math.max(0, Math.floor(-left * across));
    const y0 = Math.max(0, Math.floor(-top * down));
    const x1 = Math.min(samples.width, Math.ceil((width - left) * across));
    const y1 = Math.min(samples.height, Math.ceil((height - top) * down));
    if (x1 > x0 && y1 > y0) parts.push({ values, wide: samples.width, x0, y0, x1, y1 });
  }
  const total = parts.reduce((sum, { x0, y0, x1, y1 }) => sum + (x1 - x0) * (y1 - y0), 0);
  const every = Math.max(1, Math.ceil(Math.sqrt(total / MOST)));
  const found = [];
  for (const { values, wide, x0, y0, x1, y1 } of parts) {
    for (let y = y0; y < y1; y += every) for (let x = x0; x < x1; x += every) found.push(values[y * wide + x]);
  }
  return Float32Array.from(found).filter(Number.isFinite);
}

/** Percentiles of samples, each the nearest sample. */
export function percentiles(values, shares) {
  const sorted = Float32Array.from(values).sort();
  return shares.map((share) => sorted[Math.round((share / 100) * (sorted.length - 1))]);
}

/** How many samples fall in each of `count` equal parts of a range; what is beyond counts in the last. */
export function binsOf(values, from, to, count) {
  const bins = new Array(count).fill(0);
  const scale = count / (to - from || 1);
  for (const value of values) bins[Math.max(0, Math.min(count - 1, Math.floor((value - from) * scale)))] += 1;
  return bins;
}
