// Channels to one picture: every sample goes through its channel's window to a share of its channel's colour, and the
// shares add up, as in the pictures of the reports.

const tables = new Map(); // of the last windows, by kind of sample and window
const KEPT = 24;

/** "RRGGBB" as shares of red, green and blue. */
export const sharesOf = (colour) => [0, 2, 4].map((at) => parseInt(colour.slice(at, at + 2), 16) / 255);

const shown = (value, low, span) => 255 * Math.max(0, Math.min(1, (value - low) / span));
const spanOf = (low, high) => Math.max(high - low, 1e-9);

function tableOf(size, low, high) {
  const key = `${size} ${low} ${high}`;
  let table = tables.get(key);
  if (!table) {
    table = new Float32Array(size);
    const span = spanOf(low, high);
    for (let value = 0; value < size; value++) table[value] = shown(value, low, span);
    tables.set(key, table);
    if (tables.size > KEPT) tables.delete(tables.keys().next().value);
  }
  return table;
}

function lightOf(values, low, high) {
  if (values instanceof Uint8Array) return tableOf(256, low, high);
  if (values instanceof Uint16Array) return tableOf(65536, low, high);
  return null;
}

function one(pixels, values, light, low, span, [red, green, blue]) {
  for (let at = 0, to = 0; at < values.length; at++, to += 4) {
    const grey = light ? light[values[at]] : shown(values[at], low, span);
    pixels[to] = red * grey;
    pixels[to + 1] = green * grey;
    pixels[to + 2] = blue * grey;
    pixels[to + 3] = 255;
  }
}

/**
 * Write the picture of `layers` (`{values, colour, low, high}`) into the bytes of an ImageData, which round and
 * clip. No layer leaves it black.
 */
export function compose(pixels, layers) {
  const parts = layers.map(({ values, colour, low, high }) => ({
    values, low, span: spanOf(low, high), light: lightOf(values, low, high), shares: sharesOf(colour),
  }));
  if (parts.length === 1) {
    const { values, light, low, span, shares } = parts[0];
    return one(pixels, values, light, low, span, shares);
  }
  const sums = new Float32Array((pixels.length / 4) * 3);
  for (const { values, light, low, span, shares: [red, green, blue] } of parts) {
    for (let at = 0, to = 0; at < values.length; at++, to += 3) {
      const grey = light ? light[values[at]] : shown(values[at], low, span);
      if (grey === 0) continue;
      sums[to] += red * grey;
      sums[to + 1] += green * grey;
      sums[to + 2] += blue * grey;
    }
  }
  for (let from = 0, to = 0; from < sums.length; from += 3, to += 4) {
    pixels[to] = sums[from];
    pixels[to + 1] = sums[from + 1];
    pixels[to + 2] = sums[from + 2];
    pixels[to + 3] = 255;
  }
}
