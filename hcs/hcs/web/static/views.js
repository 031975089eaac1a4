// The views: one, or two beside each other ("main", "beside"), of which one is active: controls and keys are about it.

import { make } from "./make.js";
import { keepLookedAt, lookedAt, unlinked } from "./lookedat.js";
import { overlayLayer } from "./overlays.js";
import { openPane } from "./pane.js";
import { fieldsOf, goTo, placeBar, placeOf } from "./places.js";

export const NAMES = ["main", "beside"];

/**
 * Views in an element. `on` is told: `shown(name)` when a place is drawn whole, `drawn()` at each drawing,
 * `pointed(pane, point | null)`, `changed()` when another field or view is the active one, or there are more or fewer.
 */
export function openViews(element, on) {
  const open = new Map(); // name → {box, bar, pane, layer, opening}
  let [active, closed] = ["main", false];

  const paneOf = (name = active) => open.get(name)?.pane ?? null;

  const told = (name) => ({
    changed: (at) => !unlinked() && paneOf(NAMES.find((one) => one !== name))?.look(at),
    moved() {
      const [main, beside] = NAMES.map((one) => paneOf(one)?.wanted());
      if (unlinked() && beside) keepLookedAt(main, beside);
      else keepLookedAt(name === "main" ? main : beside);
    },
    drawn() {
      const entry = open.get(name);
      entry?.layer?.draw(entry.pane.at());
      on.drawn();
    },
    shown: () => on.shown(name),
    pointed: (point) => on.pointed(paneOf(name), point),
  });

  const mark = () => {
    for (const [name, { box }] of open) box.classList.toggle("active", name === active);
    element.classList.toggle("two", open.size > 1);
  };

  const activate = (name) => {
    if (active === name || !open.has(name)) return;
    active = name;
    mark();
    on.changed();
  };

  const start = (name) => {
    const box = make("div", { class: "view" }, element);
    const entry = { box, bar: placeBar(box, name), pane: null, layer: null };
    open.set(name, entry);
    const frame = make("div", { class: "frame" }, box);
    box.addEventListener("pointerdown", () => activate(name), true);
    box.addEventListener("focusin", () => activate(name));
    entry.opening = openPane(frame, told(name)).then((made) => {
      if (closed || open.get(name) !== entry) return made.close();
      entry.pane = made;
      entry.layer = overlayLayer(frame, () => {
        entry.layer.draw(made.at());
        on.changed();
      });
      return undefined;
    });
    mark();
    return entry;
  };

  const shut = (name) => {
    const entry = open.get(name);
    if (!entry) return;
    open.delete(name);
    entry.pane?.close();
    entry.box.remove();
    active = "main";
    mark();
    on.changed();
  };

  const layers = () => {
    for (const { pane, layer } of open.values()) {
      if (!pane) continue;
      layer.update(pane);
      layer.draw(pane.at());
    }
  };

  return {
    pane: paneOf,
    get active() { return active; },
    get layer() { return open.get(active)?.layer ?? null; },
    get shown() { return NAMES.filter((name) => paneOf(name)?.field).map((name) => open.get(name)); },
    get two() { return open.size > 1; },
    activate,
    layers,

    /** Show in a view what the address says of it; `all` are the plates. */
    async show(name, all) {
      let place = placeOf(name);
      if (!place) return name === "beside" ? shut(name) : undefined;
      const keys = fieldsOf(all, place);
      if (place.field === null && keys.length) return goTo(name, { ...place, field: keys[0] }, false);
      place = { ...place, field: place.field ?? "1" }; // A well that is not there: the server says so.
      const entry = open.get(name) ?? start(name);
      await entry.opening;
      if (closed || !entry.pane) return undefined;
      entry.bar(all, place);
      if (await entry.pane.show(place, lookedAt(name)) === null) return entry.pane.field ? undefined : on.changed();
      layers();
      return on.changed();
    },

    /** Planes or channels have changed. */
    refresh: () => NAMES.forEach((name) => paneOf(name)?.refresh()),

    /** The address says that views look elsewhere. */
    look: () => NAMES.forEach((name) => paneOf(name)?.look(lookedAt(name))),

    close() {
      closed = true;
      for (const { pane } of open.values()) pane?.close();
    },
  };
}
