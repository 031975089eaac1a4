// What lies over a field: outlines, tiles, pictures, drawn in the field's pixels with lines that keep their width.

import { asked, pathOf } from "./api.js";
import { make } from "./make.js";
import { state } from "./state.js";

const LINE = 1.5; // points
const LETTERS = 12;

/** Names of the overlays that are on. */
export const overlaysOn = () => (state.get("over") ?? "").split(",").filter(Boolean);

/** Switch an overlay on or off. */
export function setOverlay(name, on) {
  const names = overlaysOn().filter((one) => one !== name);
  if (on) names.push(name);
  state.set({ over: names.length ? names.join(",") : null });
}

const addressOf = (place, name, { t, z }) =>
  `/api/overlay/${pathOf(place)}/${encodeURIComponent(name)}?t=${t}&z=${z}`;

async function loadedPicture(address, signal) {
  const response = await fetch(address, { signal });
  if (!response.ok) {
    const body = await response.json().catch(() => null);
    throw new Error(body?.error ?? `It was refused (status ${response.status}).`);
  }
  return { bitmap: await createImageBitmap(await response.blob()), said: [] };
}

// Lines of one colour are one path, so that thousands of them are drawn at each step of a movement.
function pathsOf(shapes) {
  const paths = new Map();
  for (const { colour, closed, points } of shapes) {
    if (!paths.has(colour)) paths.set(colour, new Path2D());
    const path = paths.get(colour);
    points.forEach(([x, y], at) => (at ? path.lineTo(x, y) : path.moveTo(x, y)));
    if (closed) path.closePath();
  }
  return paths;
}

async function loaded(offer, place, plane, signal) {
  const address = addressOf(place, offer.name, plane);
  if (offer.kind === "picture") return loadedPicture(address, signal);
  const told = await asked(address, { signal }); // The server keeps what it drew last.
  const paths = offer.kind === "outlines" ? pathsOf(told.shapes) : null;
  return { paths, tiles: told.tiles ?? [], said: told.said ?? [] };
}

function drawOutlines(context, { paths }, scale) {
  context.lineJoin = "round";
  context.lineWidth = LINE / scale;
  for (const [colour, path] of paths) {
    context.strokeStyle = colour;
    context.stroke(path);
  }
}

// `before`: how many overlays with texts are on already; theirs stand above.
function drawTiles(context, { tiles }, scale, area, before) {
  context.lineWidth = LINE / scale;
  context.font = `600 ${LETTERS / scale}px system-ui, "DejaVu Sans", sans-serif`;
  context.textBaseline = "top";
  context.lineJoin = "round";
  const inset = LINE / scale;
  for (const { x, y, width, height, text, colour } of tiles) {
    context.strokeStyle = colour;
    context.strokeRect(x + inset, y + inset, width - 2 * inset, height - 2 * inset);
    if (!text || context.measureText(text).width + 4 * inset > width) continue;
    const line = context.lineWidth;
    const down = y + 3 * inset + (before * 1.4 * LETTERS) / scale;
    context.lineWidth = 3 / scale;
    context.strokeStyle = "#000";
    context.strokeText(text, x + 3 * inset, down);
    context.lineWidth = line;
    context.fillStyle = colour;
    context.fillText(text, x + 3 * inset, down);
  }
}

const DRAW = {
  outlines: drawOutlines,
  tiles: drawTiles,
  picture: (context, { bitmap }, scale, { x, y, width, height }) => context.drawImage(bitmap, x, y, width, height),
};

/**
 * The layer over one view. `told()` is called when something has come or failed. Gives `update(pane)` for what is
 * shown, `draw(at)` for where it looks, `drawOn(context, size, at)` for a picture of it, `said(name)`.
 */
export function overlayLayer(element, told) {
  const canvas = make("canvas", { class: "overlay", "aria-hidden": "true" }, element);
  const held = new Map(); // of the present field and plane: name → {offer, data | why | loading}
  let present = "";
  let on = [];
  let moved = new AbortController();

  const paint = (context, [width, height], { x, y, zoom }, points) => {
    let texts = 0;
    for (const name of on) {
      const entry = held.get(name);
      if (!entry?.data) continue;
      context.save();
      const scale = zoom * points;
      context.setTransform(scale, 0, 0, scale, width / 2 - x * scale, height / 2 - y * scale);
      DRAW[entry.offer.kind](context, entry.data, zoom, entry.offer.area, texts);
      if (entry.offer.kind === "tiles") texts += 1;
      context.restore();
    }
  };

  const begin = (offer, place, plane) => {
    const entry = { offer, loading: true };
    held.set(offer.name, entry);
    loaded(offer, place, plane, moved.signal).then(
      (data) => { Object.assign(entry, { loading: false, data }); },
      (error) => { Object.assign(entry, { loading: false, why: error.message }); },
    ).finally(told);
  };

  return {
    update({ field, place, plane }) {
      const now = JSON.stringify([place, plane, field?.version]);
      if (now !== present) {
        moved.abort(); // Measuring a field that nobody looks at any more would keep the next one waiting.
        moved = new AbortController();
        held.clear();
      }
      present = now;
      on = overlaysOn();
      for (const offer of field?.overlays ?? []) {
        if (!on.includes(offer.name) || held.has(offer.name)) continue;
        if (offer.why) held.set(offer.name, { offer, why: offer.why });
        else if (offer.time !== null && offer.time !== undefined && offer.time !== plane.t) {
          held.set(offer.name, { offer, why: `It is of time ${offer.time + 1} alone.` });
        } else begin(offer, place, plane);
      }
    },
    draw(at) {
      const points = devicePixelRatio;
      const [width, height] = [canvas.clientWidth * points, canvas.clientHeight * points].map(Math.round);
      if (canvas.width !== width) canvas.width = width;
      if (canvas.height !== height) canvas.height = height;
      const context = canvas.getContext("2d");
      context.clearRect(0, 0, width, height);
      if (at) paint(context, [width, height], at, points);
    },
    drawOn: (context, size, at, points) => paint(context, size, at, points),
    /** What is to be told of an overlay that is on: `{loading, why, said}`. */
    said(name) {
      const entry = held.get(name);
      return { loading: entry?.loading ?? false, why: entry?.why ?? "", said: entry?.data?.said ?? [] };
    },
  };
}

function keyOf(key, parent) {
  const list = make("ul", { class: "colours" }, parent);
  for (const entry of key.entries ?? []) {
    const colour = entry.find((one) => one.startsWith("#"));
    const item = make("li", {}, list);
    make("i", { "aria-hidden": "true" }, item).style.background = colour;
    item.append(entry.find((one) => one !== colour) ?? "");
  }
  if (key.stops?.length) {
    const item = make("li", { class: "ramp" }, list);
    const ticks = key.ticks ?? [];
    item.append(ticks[0]?.[1] ?? "");
    make("i", { "aria-hidden": "true" }, item).style.background = `linear-gradient(to right, ${key.stops.join(", ")})`;
    item.append(ticks.at(-1)?.[1] ?? "");
  }
  if (!list.children.length) {
    list.remove();
    make("p", { class: "said", text: key.label }, parent);
  }
}

/** Switches for the overlays of a field, each with its key and what is to be told. Gives what draws them. */
export function overlayPanel(element) {
  make("h2", { text: "Overlays" }, element);
  const list = make("div", { class: "switches" }, element);
  let shown = "";
  let rows = [];
  return (field, layer) => {
    const offers = field?.overlays ?? [];
    element.hidden = !offers.length;
    const now = JSON.stringify(offers);
    if (now !== shown) {
      shown = now;
      list.replaceChildren();
      rows = offers.map((offer) => {
        const row = make("div", { class: "switch" }, list);
        const label = make("label", {}, row);
        const box = make("input", { type: "checkbox", onchange: () => setOverlay(offer.name, box.checked) }, label);
        label.append(` ${offer.title}`);
        const about = make("div", { class: "about" }, row);
        if (offer.key) keyOf(offer.key, about);
        const said = make("p", { class: "said", role: "status" }, row);
        return { offer, box, about, said };
      });
    }
    const on = overlaysOn();
    const before = new Set(); // a sentence that several overlays have is told once
    const once = (sentences) => sentences.filter((one) => !before.has(one) && before.add(one)).join(" ");
    for (const { offer, box, about, said } of rows) {
      box.checked = on.includes(offer.name);
      about.hidden = !box.checked || Boolean(offer.why);
      const told = layer.said(offer.name);
      const why = offer.why || (box.checked ? told.why : "");
      box.disabled = Boolean(offer.why) && !box.checked;
      said.textContent = why ? `Not available${once([why]) ? `: ${why}` : ", as above."}`
        : !box.checked ? "" : told.loading ? "Loading …" : once([...told.said, ...(offer.said ?? [])]);
    }
  };
}
