// What will probably be looked at next is fetched while nothing else is: the same cells of the places beside this one.

import { fieldOf } from "./api.js";
import { cellSamples, cellSize } from "./pixels.js";
import { missingPlanes } from "./planes.js";

const MOST_CELLS = 24; // of one place; a view that needs more is a close look at a large field
let turn = 0;

async function fetchPlace(place, cells, channels, plane) {
  const field = await fieldOf(place);
  for (const cell of cells) {
    if (!field.levels[cell.level] || cellSize(field, cell).some((side) => side <= 0)) continue;
    const there = channels.filter((channel) => {
      if (channel >= field.channels.length) return false;
      const [gone, of] = missingPlanes(field, channel, plane);
      return gone < of;
    });
    if (there.length) await cellSamples(field, place, cell, there).promise;
  }
}

/** Fetch for `places`, in order, what a view shows of its own; a new call ends the one before. */
export async function prefetch(places, pane, channels) {
  const mine = ++turn;
  const { plane } = pane;
  const cells = pane.drawn.map(({ level, row, column, t, z }) => ({ level, row, column, t, z }));
  if (!cells.length || cells.length > MOST_CELLS) return;
  for (const place of places) {
    if (mine !== turn) return;
    await fetchPlace(place, cells, channels, plane).catch(() => null); // It is asked again, and told, when it is shown.
  }
}

/** Something is being looked at: nothing more is fetched ahead until the next call. */
export const stopPrefetch = () => { turn += 1; };
