// What will probably be looked at next is fetched while nothing else is: the same cells of the places beside this one.

import { fieldOf } from "./api.js";
import { looksOf } from "./channels.js";
import { cellSamples, cellSize } from "./pixels.js";
import { missingPlanes, planeOf } from "./planes.js";

const MOST_CELLS = 24; // of one place; a view that needs more is a close look at a large field
let turn = 0;

async function fetchPlace(place, cells, mine) {
  const field = await fieldOf(place);
  const plane = planeOf(field);
  const channels = looksOf(field).filter(({ on, index }) => {
    const [gone, of] = missingPlanes(field, index, plane);
    return on && gone < of;
  }).map(({ index }) => index);
  for (const cell of cells) {
    if (mine !== turn || !channels.length) return;
    if (!field.levels[cell.level] || cellSize(field, cell).some((side) => side <= 0)) continue;
    await cellSamples(field, place, { ...cell, ...plane }, channels).promise;
  }
}

/** Fetch for `places`, in order, the cells that a view shows of its own; a new call ends the one before. */
export async function prefetch(places, drawn) {
  const mine = ++turn;
  const cells = drawn.map(({ level, row, column }) => ({ level, row, column }));
  if (!cells.length || cells.length > MOST_CELLS) return;
  for (const place of places) {
    if (mine !== turn) return;
    await fetchPlace(place, cells, mine).catch(() => null); // It is asked again, and told, when it is shown.
  }
}

/** Something is being looked at: nothing more is fetched ahead until the next call. */
export const stopPrefetch = () => { turn += 1; };
