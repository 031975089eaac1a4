// The place under the pointer, and the grey level of each channel there.

import { keptSamples, cellSize } from "./pixels.js";
import { looksOf } from "./channels.js";
import { missingPlanes } from "./planes.js";
import { make } from "./make.js";

// The finest level of which the cell at this point is here, with the level's own pixel there.
function levelAt({ field, place, plane }, { x, y }, channel) {
  for (let level = 0; level < field.levels.length; level++) {
    const { width, height } = field.levels[level];
    const column = Math.min(width - 1, Math.floor((x * width) / field.levels[0].width));
    const row = Math.min(height - 1, Math.floor((y * height) / field.levels[0].height));
    const cell = { level, row: Math.floor(row / field.tile), column: Math.floor(column / field.tile), ...plane };
    const values = keptSamples(place, cell, channel);
    if (!values) continue;
    const [wide] = cellSize(field, cell);
    return { level, value: values[(row % field.tile) * wide + (column % field.tile)] };
  }
  return null;
}

const grey = (value) => Number.isInteger(value) ? String(value) : Number(value).toPrecision(4);

/** Text of a point: "x 512, y 40 px (332.8, 26.0 µm) · DAPI 812 · FITC 77". */
export function pointText(pane, point) {
  const { field, plane } = pane;
  const [x, y] = [Math.floor(point.x), Math.floor(point.y)];
  const um = field.pixel_um && [point.x * field.pixel_um[1], point.y * field.pixel_um[0]].map((one) => one.toFixed(1));
  const parts = [`x ${x}, y ${y} px` + (um ? ` (${um[0]}, ${um[1]} µm)` : "")];
  let coarse = 0;
  for (const { index, name, on } of looksOf(field)) {
    if (!on) continue;
    const [gone, of] = missingPlanes(field, index, plane);
    const found = gone === of ? null : levelAt(pane, point, index);
    if (found) coarse = Math.max(coarse, found.level);
    parts.push(`${name} ${found ? grey(found.value) : "–"}`);
  }
  if (coarse) {
    const times = field.levels[0].width / field.levels[coarse].width;
    parts.push(`of the level at 1/${Number(times.toFixed(2))} of the size`);
  }
  return parts.join(" · ");
}

/** A line for the place under the pointer; gives what draws it for a view and a point or null. */
export function readout(parent) {
  const line = make("p", { class: "readout" }, parent);
  return (pane, point) => {
    line.textContent = point && pane?.field ? pointText(pane, point) : "Point at the image for place and grey levels.";
  };
}
