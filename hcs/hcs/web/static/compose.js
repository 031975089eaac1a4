// Channels to one picture: every sample goes through its channel's window to a share of its channel's colour, and the
// shares add up, as in the pictures of the reports. Sums are whole sixteenths of a level, red and blue in one number.

const FINE = 16;
const MOST = 16; // layers whose sums are sure to fit
const STEPS = 4096; // of a window of samples that are no whole numbers
const KEPT = 24;

const tables = new Map(); // of the last windows and colours
let sums = { most: 0 };

/** "RRGGBB" as shares of red, green and blue. */
const sharesOf = (colour) => [0, 2, 4].map((at) => parseInt(colour.slice(at, at + 2), 16) / 255);

const spanOf = (low, high) => Math.max(high - low, 1e-9);

// What a sample adds: to red (upper half) and blue (lower half), and to green.
function tableOf(size, low, high, colour) {
  const key = `${size} ${low} ${high} ${colour}`;
  let table = tables.get(key);
  if (table) return table;
  const [red, green, blue] = sharesOf(colour);
  table = { outer: new Uint32Array(size), inner: new Uint32Array(size) };
  const span = spanOf(low, high);
  for (let value = 0; value < size; value++) {
    const light = 255 * FINE * Math.max(0, Math.min(1, (value - low) / span));
    table.outer[value] = (Math.round(red * light) << 16) + Math.round(blue * light);
    table.inner[value] = Math.round(green * light);
  }
  tables.set(key, table);
  if (tables.size > KEPT) tables.delete(tables.keys().next().value);
  return table;
}

// Samples as places in a table: themselves, or steps of their window.
function placesOf({ values, low, high, colour }) {
  if (values instanceof Uint8Array) return [values, tableOf(256, low, high, colour)];
  if (values instanceof Uint16Array) return [values, tableOf(65536, low, high, colour)];
  const places = new Uint16Array(values.length);
  const scale = (STEPS - 1) / spanOf(low, high);
  for (let at = 0; at < values.length; at++) {
    const place = (values[at] - low) * scale + 0.5;
    places[at] = place > 0 ? Math.min(place, STEPS - 1) : 0; // what is no number is black
  }
  return [places, tableOf(STEPS, 0, STEPS - 1, colour)];
}

// Sums that are more than full become full, so that more layers fit.
function level(outer, inner, count) {
  const full = 255 * FINE;
  for (let at = 0; at < count; at++) {
    outer[at] = (Math.min(outer[at] >>> 16, full) << 16) + Math.min(outer[at] & 0xffff, full);
    inner[at] = Math.min(inner[at], full);
  }
}

function sumsFor(count) {
  if (sums.most < count) sums = { most: count, outer: new Uint32Array(count), inner: new Uint32Array(count) };
  return sums;
}

/**
 * Write the picture of `layers` (`{values, colour, low, high}`) into an ImageData. No layer leaves it black.
 */
export function compose(image, layers) {
  const count = image.width * image.height;
  const pixels = new Uint32Array(image.data.buffer);
  const { outer, inner } = sumsFor(count);
  outer.fill(0, 0, count);
  inner.fill(0, 0, count);
  layers.forEach((layer, number) => {
    const [places, table] = placesOf(layer);
    if (number && number % (MOST - 1) === 0) level(outer, inner, count);
    const [ofOuter, ofInner] = [table.outer, table.inner];
    for (let at = 0; at < count; at++) {
      outer[at] += ofOuter[places[at]];
      inner[at] += ofInner[places[at]];
    }
  });
  for (let at = 0; at < count; at++) {
    let red = ((outer[at] >>> 16) + 8) >>> 4;
    let green = (inner[at] + 8) >>> 4;
    let blue = ((outer[at] & 0xffff) + 8) >>> 4;
    if (red > 255) red = 255;
    if (green > 255) green = 255;
    if (blue > 255) blue = 255;
    pixels[at] = (0xff000000 | (blue << 16) | (green << 8) | red) >>> 0;
  }
}
