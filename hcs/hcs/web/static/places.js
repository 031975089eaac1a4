// Places of fields: plate, well, field; what stands before and after; how a place is chosen.

import { state } from "./state.js";
import { button, make } from "./make.js";

/** Place of a view ("main" or "beside") as the address has it, or null. */
export function placeOf(view) {
  if (view === "beside") {
    const parts = (state.get("beside") ?? "").split("/");
    return parts.length === 3 ? { plate: parts[0], well: parts[1], field: parts[2] } : null;
  }
  const [plate, well, field] = ["plate", "well", "field"].map((key) => state.get(key));
  return well === null ? null : { plate: plate ?? "0", well, field };
}

/** Show another place in a view; it becomes a step of the history. */
export function goTo(view, { plate, well, field }, push = true) {
  const changes = view === "beside" ? { beside: `${plate}/${well}/${field}` } : { plate, well, field };
  state.set(changes, { push });
}

const plateOf = (all, place) => all.plates.find(({ number }) => String(number) === place.plate);

/** Keys of a well's fields; none where the plate has no such well. */
export const fieldsOf = (all, place) => plateOf(all, place)?.fields[place.well] ?? [];

/** The plate's name for people. */
export const plateName = (all, place) => plateOf(all, place)?.name ?? `plate ${place.plate}`;

let met = () => true;
/** Walk among the wells for which `asked(plate, well)` is true. */
export const walkAmong = (asked) => { met = asked; };

/** Row and column of a well, counted from 0; null for what is no well. */
export function positionOf(well) {
  const [, letters, number] = /^([A-Z]+)(\d+)$/.exec(well) ?? [];
  if (!letters) return null;
  const row = [...letters].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) - 1;
  return [row, Number(number) - 1];
}

// Where a well stands in the order of plates, rows and columns; no plate has a thousand of these.
const rank = (plate, well) => [Number(plate), ...(positionOf(well) ?? [0, 0])].reduce((sum, one) => 1000 * sum + one);

/** The same field of the well before or after, also of another plate, else its first one; null at the ends. */
export function wellBy(all, place, by) {
  const here = rank(place.plate, place.well);
  const beyond = all.plates.flatMap(({ number, wells }) => wells.map((well) => [String(number), well]))
    .filter(([plate, well]) => by * (rank(plate, well) - here) > 0 && met(plate, well));
  if (!beyond.length) return null;
  const [plate, well] = beyond.reduce((one, two) => (by * (rank(...two) - rank(...one)) < 0 ? two : one));
  const keys = fieldsOf(all, { plate, well });
  return { plate, well, field: keys.includes(place.field) ? place.field : keys[0] };
}

/** The field before or after; beyond a well's last field the next well's first. */
export function fieldBy(all, place, by) {
  const keys = fieldsOf(all, place);
  const field = keys[keys.indexOf(place.field) + by];
  if (field !== undefined) return { ...place, field };
  const next = wellBy(all, place, by);
  return next && { ...next, field: fieldsOf(all, next).at(by > 0 ? 0 : -1) };
}

function options(select, entries, chosen) {
  const now = JSON.stringify(entries);
  if (select.dataset.entries !== now) {
    select.dataset.entries = now;
    select.replaceChildren();
    for (const [value, text] of entries) make("option", { value, text }, select);
  }
  select.value = chosen;
}

/** Choice of plate, well and field over a view, with steps. Gives what draws it for a place. */
export function placeBar(element, view) {
  const bar = make("div", { class: "places" }, element);
  const which = view === "beside" ? " at the right" : "";
  let [all, place] = [null, null];
  const step = (text, title, next) => button(text, () => {
    const to = place && next();
    if (to) goTo(view, to);
  }, bar, { "aria-label": title + which, title });
  const select = (title, change) => {
    const made = make("select", { "aria-label": title + which, onchange: () => change(made.value) }, bar);
    return made;
  };
  const plate = select("Plate", (number) => {
    const { wells, fields } = plateOf(all, { plate: number });
    const well = wells.includes(place.well) ? place.well : wells[0];
    if (!well) return;
    goTo(view, { plate: number, well, field: fields[well].includes(place.field) ? place.field : fields[well][0] });
  });
  step("‹", "Well before", () => wellBy(all, place, -1));
  const well = select("Well", (name) => {
    const keys = fieldsOf(all, { ...place, well: name });
    goTo(view, { ...place, well: name, field: keys.includes(place.field) ? place.field : keys[0] });
  });
  step("›", "Next well", () => wellBy(all, place, 1));
  step("‹", "Field before", () => fieldBy(all, place, -1));
  const field = select("Field", (key) => goTo(view, { ...place, field: key }));
  step("›", "Next field", () => fieldBy(all, place, 1));

  return (plates, now) => {
    [all, place] = [plates, now];
    options(plate, all.plates.map(({ number, name }) => [String(number), name]), place.plate);
    plate.hidden = all.plates.length < 2;
    options(well, (plateOf(all, place)?.wells ?? []).map((name) => [name, name]), place.well);
    options(field, fieldsOf(all, place).map((key) => [key, `field ${key}`]), place.field);
  };
}
