// Where views look, in the address: "x,y,zoom", and after ";" that of the second view where both are not linked.

import { state } from "./state.js";

const written = ({ x, y, zoom }) => [x, y, zoom].join(",");

const parts = () => (state.get("at") ?? "").split(";");

/** Whether each view zooms and moves for itself. */
export const unlinked = () => parts().length > 1;

/** Where a view ("main" or "beside") looks, null for the whole field. */
export function lookedAt(view) {
  const [x, y, zoom] = parts()[view === "beside" && unlinked() ? 1 : 0].split(",").map(Number);
  return [x, y, zoom].every(Number.isFinite) && zoom > 0 ? { x, y, zoom } : null;
}

/** Keep where views look: one for both, or the one of each; null for the whole field. */
export function keepLookedAt(main, beside = undefined) {
  if (beside === undefined) state.set({ at: main && written(main) });
  else state.set({ at: `${written(main)};${written(beside)}` });
}

/** What stays of the address when the second view is closed. */
export const withoutBeside = () => ({ beside: null, at: parts()[0] || null });
