// All fields of a well as small pictures, where the stage stood if that is known, else in order.

import { fieldOf } from "./api.js";
import { looksOf } from "./channels.js";
import { compose } from "./compose.js";
import { make } from "./make.js";
import { missingPlanes, planeOf } from "./planes.js";
import { cellSamples, cellSize } from "./pixels.js";

const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
const PATIENCE_MS = 1000; // for the field itself, which comes first
const MOST_CELLS = 1; // a field whose smallest level is more than a cell has no small picture

// Rows and columns of the places where the stage stood; null if two fall together. Where nothing says how the
// stage's y runs on images, it is taken to point up.
function grid(fields) {
  const places = fields.map((field) => field?.place);
  if (fields.length < 2 || places.some((place) => !place)) return null;
  const [first] = fields;
  const um = first.pixel_um?.[0] ?? 1;
  const near = Math.min(first.levels[0].width, first.levels[0].height) * um * 0.5;
  const steps = (values) => {
    const sorted = [...new Set(values)].sort((one, other) => one - other);
    const starts = sorted.filter((value, at) => !at || value - sorted[at - 1] > near);
    return values.map((value) => starts.filter((start) => start <= value).length);
  };
  const columns = steps(places.map(({ x_um: x }) => x));
  const rows = steps(places.map(({ y_um: y, y_axis: axis }) => (axis === "down" ? y : -y)));
  const cells = columns.map((column, at) => [rows[at], column]);
  return new Set(cells.map(String)).size === fields.length ? cells : null;
}

/** The strip; `pick(key)` is called for a field. Gives `{show(place, keys), rest(), look()}`. */
export function fieldStrip(element, pick) {
  let [turn, shown, place, keys, items, cells] = [0, "", null, [], [], null];
  let [quiet, built] = [false, false];
  const note = make("p", { class: "note", hidden: true });
  element.after(note);

  const paint = async (item) => {
    const { field, canvas, own } = item;
    if (!field) return;
    const level = field.levels.length - 1;
    const plane = planeOf(field);
    const cell = { level, row: 0, column: 0, ...plane };
    const [width, height] = cellSize(field, cell);
    const { width: whole, height: tall } = field.levels[level];
    if (Math.ceil(whole / field.tile) * Math.ceil(tall / field.tile) > MOST_CELLS) return;
    const looks = looksOf(field).filter(({ on, index }) => {
      const [gone, of] = missingPlanes(field, index, plane);
      return on && gone < of;
    });
    item.button.classList.toggle("missing", !looks.length);
    if (!looks.length) return;
    try {
      const values = await cellSamples(field, own, cell, looks.map(({ index }) => index)).promise;
      const image = new ImageData(width, height);
      compose(image, looks.map((look) => ({ ...look, values: values.get(look.index) })));
      [canvas.width, canvas.height] = [width, height];
      canvas.getContext("2d").putImageData(image, 0, 0);
    } catch {
      item.button.classList.add("missing");
    }
  };

  const mark = () => {
    for (const { button, own } of items) {
      const here = own.field === place.field;
      button.setAttribute("aria-current", here ? "true" : "false");
      button.tabIndex = here ? 0 : -1;
    }
  };

  const build = async () => {
    const mine = ++turn;
    element.replaceChildren();
    cells = null;
    note.hidden = true;
    items = keys.map((key) => {
      const own = { plate: place.plate, well: place.well, field: key };
      const button = make("button", {
        type: "button", "aria-label": `Field ${key} of ${place.well}`, onclick: () => pick(key),
      }, element);
      const canvas = make("canvas", { width: 1, height: 1, "aria-hidden": "true" }, button);
      make("span", { text: key, "aria-hidden": "true" }, button);
      return { own, button, canvas, field: null };
    });
    mark();
    await Promise.all(items.map(async (item) => {
      item.field = await fieldOf(item.own).catch(() => null);
    }));
    if (mine !== turn) return;
    cells = grid(items.map(({ field }) => field));
    element.classList.toggle("placed", cells !== null);
    note.hidden = cells === null;
    const axis = items[0]?.field?.place?.y_axis;
    note.textContent = `Fields lie where the stage stood${axis ? "" : ", its y taken to point up"}.`;
    items.forEach(({ button, field }, at) => {
      const { width = 1, height = 1 } = field?.levels[0] ?? {};
      button.style.aspectRatio = `${width} / ${height}`;
      button.style.gridArea = cells ? `${cells[at][0]} / ${cells[at][1]}` : "";
    });
    built = true;
    if (quiet) items.forEach(paint);
    else setTimeout(() => mine === turn && !quiet && items.forEach(paint), PATIENCE_MS);
  };

  element.addEventListener("keydown", (event) => {
    const step = STEPS[event.key];
    const at = items.findIndex(({ button }) => button === document.activeElement);
    if (!step || at < 0) return;
    event.preventDefault();
    const next = cells
      ? items[cells.findIndex(([row, column]) => row === cells[at][0] + step[0] && column === cells[at][1] + step[1])]
      : items[at + step[0] + step[1]];
    if (!next) return;
    next.button.focus();
    pick(next.own.field);
  });

  return {
    show(next, all) {
      [place, keys] = [next, all];
      const now = JSON.stringify([next.plate, next.well, all]);
      element.hidden = all.length < 2;
      if (now === shown) return mark();
      shown = now;
      [quiet, built] = [false, false];
      build();
    },
    /** The field itself is drawn: the small pictures' turn has come. */
    rest() {
      if (quiet) return;
      quiet = true;
      if (built) items.forEach(paint);
    },
    /** Colours, windows or planes have changed. */
    look: () => built && items.forEach(paint),
  };
}
