// The heatmap: wells of all plates coloured by a value. The server draws it as `hcs heatmap` does; plates.js makes
// its wells answer; here it is asked for, put in place, and shows which wells are looked at.

import { make } from "./make.js";
import { placeOf, positionOf } from "./places.js";
import { state } from "./state.js";

const SVG = "http://www.w3.org/2000/svg";
const NAMES = ["clone", "group", "donor", "diagnosis", "label"];

let drawnData = null;

/** What the address asks to be coloured, and the filters; the server knows what is shown where it names nothing. */
function query() {
  const made = new URLSearchParams(state.all("f."));
  for (const key of ["value", "view"]) if (state.get(key) !== null) made.set(key, state.get(key));
  return made.toString();
}

const ask = () => ({ asked: query(), answer: fetch(`/api/heatmap?${query()}`).catch((error) => error) });
let early = ask(); // Before the page knows its plates: both are on their way at once.

/** A well's name with whose it is, as far as the map knows. */
export function shownAs(number, well) {
  const own = drawnData?.plates[number]?.wells[well];
  if (!own) return well;
  const about = [[drawnData.value, own[0]], ...drawnData.about.map((name, at) => [name, own[at + 3]])];
  const said = about.filter(([name, value]) => NAMES.includes(name) && value !== "–").map(([, value]) => value);
  return [well, ...said].join(" · ");
}

function chooser(all, select, view) {
  for (const [group, values] of Map.groupBy(all.values, ({ group: one }) => one)) {
    const box = make("optgroup", { label: group }, select);
    for (const { key, title } of values) make("option", { value: key, text: title }, box);
  }
  const known = new Map(all.values.map((value) => [value.key, value]));
  select.addEventListener("change", () => {
    const numeric = known.get(select.value)?.numeric;
    state.set({ value: select.value, view: numeric ? state.get("view") : null }, { push: true });
  });
  view.addEventListener("change", () => {
    state.set({ view: view.value === "value" ? null : view.value }, { push: true });
  });
  return () => {
    select.value = state.get("value") ?? all.first;
    view.value = state.get("view") ?? "value";
    view.disabled = known.get(select.value)?.numeric === false && view.value === "value";
  };
}

/** Show the heatmap in the page. */
export function wellMap(all) {
  const [element, alert] = ["map", "map-alert"].map((id) => document.getElementById(id));
  const csv = document.getElementById("wells-csv");
  const show = chooser(all, document.getElementById("value"), document.getElementById("view"));
  const listeners = [];
  let [turn, pale] = [0, new Set()];

  const outline = (number, well, look) => {
    const svg = element.querySelector(`svg.plate[data-number="${Number(number)}"]`);
    const position = positionOf(well);
    if (!svg || !position) return;
    const rect = document.createElementNS(SVG, "rect");
    const sides = { x: position[1], y: position[0], width: 1, height: 1, class: look, "pointer-events": "none" };
    for (const [name, value] of Object.entries(sides)) rect.setAttribute(name, value);
    const pixels = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width || 16;
    rect.setAttribute("stroke-width", Math.min(0.22, 3.5 / pixels));
    svg.append(rect);
    if (look === "chosen") svg.dispatchEvent(new CustomEvent("place", { detail: position }));
  };

  const mark = () => {
    element.querySelectorAll(".chosen").forEach((one) => one.remove());
    const [main, beside] = [placeOf("main"), placeOf("beside")];
    if (beside) outline(beside.plate, beside.well, "chosen beside");
    if (main) outline(main.plate, main.well, "chosen");
    reveal();
  };

  // Where plates scroll in a column of their own, the picked well is not out of sight.
  const reveal = () => {
    const [column, well] = [element.parentElement, element.querySelector(".chosen:not(.beside)")];
    if (!well) return;
    const [inside, at] = [column, well].map((one) => one.getBoundingClientRect());
    if (at.bottom > inside.bottom) column.scrollTop += at.bottom - inside.bottom + at.height;
    if (at.top < inside.top) column.scrollTop -= inside.top - at.top + at.height;
  };

  const put = (text) => {
    const held = document.createElement("template");
    held.innerHTML = text; // The server's own template, in which every name is escaped.
    for (const one of held.content.querySelectorAll("[data-css]")) {
      one.style.cssText = one.dataset.css;
      one.removeAttribute("data-css");
    }
    const plate = document.activeElement?.closest?.("#map svg.plate")?.dataset.number;
    element.replaceChildren(held.content);
    const box = element.querySelector(".plates");
    drawnData = JSON.parse(box.querySelector("script").textContent);
    pale = new Set(drawnData.plates.flatMap((one, at) => (one.dimmed ?? []).map((well) => `${at}/${well}`)));
    box.dispatchEvent(new CustomEvent("plates", { bubbles: true }));
    mark();
    if (plate !== undefined) element.querySelector(`svg.plate[data-number="${plate}"]`)?.focus();
    listeners.forEach((fn) => fn());
  };

  const draw = async () => {
    const mine = ++turn;
    show();
    csv.href = `/api/wells.csv?${query()}`;
    element.setAttribute("aria-busy", "true");
    try {
      const sent = early?.asked === query() ? early : ask();
      early = null;
      const response = await sent.answer;
      if (response instanceof Error) throw response;
      const text = await response.text();
      if (mine !== turn) return;
      if (!response.ok) throw new Error(JSON.parse(text).error);
      alert.textContent = "";
      put(text);
      csv.hidden = false;
    } catch (error) {
      if (mine !== turn) return;
      const gone = error instanceof TypeError;
      alert.textContent = gone ? "The server does not answer. Is hcs serve still running?" : error.message;
      element.replaceChildren();
      csv.hidden = true;
    } finally {
      if (mine === turn) element.removeAttribute("aria-busy");
    }
  };

  state.on(["value", "view", "f.*"], draw);
  return {
    draw,
    mark,
    /** Whether a well meets the filters. */
    met: (plate, well) => !pale.has(`${plate}/${well}`),
    /** Call a function whenever the map was drawn. */
    drawn: (fn) => listeners.push(fn),
  };
}
