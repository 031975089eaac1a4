// The plate browser's page: plates and values at one side, the picked well with its fields at the other.
// What is shown stands in the address (state.js); every part listens to what it shows of it.

import { plates } from "./api.js";
import { wellFilters } from "./filters.js";
import { registerKeys } from "./keys.js";
import { button, make } from "./make.js";
import { goTo, placeOf, walkAmong } from "./places.js";
import { state } from "./state.js";
import { openViewer } from "./viewer.js";
import { showRecord } from "./record.js";
import { shownAs, wellMap } from "./wellmap.js";
import { wrongWalk } from "./wrong.js";

const STACKED = "(max-width: 61.99rem)"; // browser.css puts the well below the plates.
const at = (id) => document.getElementById(id);
let viewer = null;

/** Go to a well: to the field of the same name as the one that is shown, or its first one. */
function goToWell(all, { number, well, beside }) {
  const keys = all.plates[number].fields[well] ?? [];
  const place = placeOf("main");
  const field = keys.includes(place?.field) ? place.field : keys[0] ?? null;
  goTo(beside && place?.field && field ? "beside" : "main", { plate: String(number), well, field });
  if (matchMedia(STACKED).matches) at("well").scrollIntoView();
}

/** What is shown where the address names no well: the first one that has images. */
function firstPlace(all) {
  const plate = all.plates.find(({ wells }) => wells.length);
  if (!plate) return {};
  const [well] = plate.wells;
  return { plate: String(plate.number), well, field: plate.fields[well][0] };
}

function tellPlates(all) {
  const names = all.plates.map(({ name }) => name);
  const title = all.study ? all.study.title : names.length === 1 ? names[0] : `${names.length} plates`;
  at("title").textContent = title;
  document.title = `${title}: plates`;
  const wells = all.plates.reduce((sum, plate) => sum + plate.wells.length, 0);
  const channels = [...new Set(all.plates.flatMap((plate) => plate.channels))];
  const counted = (n, noun) => `${n.toLocaleString("en")} ${noun}${n === 1 ? "" : "s"}`;
  at("about").textContent = [
    all.study ? "Study" : "", counted(names.length, "plate"), `${counted(wells, "well")} with images`, channels.join(", "),
  ].filter(Boolean).join(" · ");
  const said = [...all.notices, ...all.plates.flatMap((plate) => plate.notices), ...all.told];
  const notes = said.length > 3 ? make("details", {}, at("notes")) : at("notes");
  if (said.length > 3) make("summary", { text: `${said.length} notes` }, notes);
  for (const text of new Set(said)) make("p", { class: "small", text }, notes);
}

/** The picked well: opened when there is one to show. */
function showWell(all) {
  const place = placeOf("main");
  if (!place) return;
  viewer ??= openViewer(at("field"));
  showRecord(all, place);
}

/** List the wells that meet the filters, to be shown beside. */
function listBeside(all, met) {
  const select = at("compare");
  select.replaceChildren(make("option", { value: "", text: "no other well" }));
  for (const one of all.plates) {
    const wells = one.wells.filter((name) => met(String(one.number), name));
    if (!wells.length) continue;
    const group = make("optgroup", { label: one.name }, select);
    for (const name of wells) {
      make("option", { value: `${one.number}/${name}`, text: shownAs(one.number, name) }, group);
    }
  }
  showBeside();
}

/** Show in the list which well is beside. */
function showBeside() {
  const [plate, well] = (state.get("beside") ?? "").split("/");
  const value = well ? `${plate}/${well}` : "";
  const select = at("compare");
  if (![...select.options].some((one) => one.value === value)) {
    make("option", { value, text: shownAs(Number(plate), well) }, select); // It does not meet the filters.
  }
  select.value = value;
}

function compareWith(all, text) {
  if (!text) return state.set({ beside: null, at: (state.get("at") ?? "").split(";")[0] || null }, { push: true });
  const [number, well] = text.split("/");
  return goToWell(all, { number: Number(number), well, beside: true });
}

function keys(all, walk) {
  const page = "Plates";
  const focusMap = () => {
    const svg = document.querySelector(`#map svg.plate[data-number="${placeOf("main")?.plate ?? 0}"]`);
    svg?.scrollIntoView({ block: "nearest" });
    svg?.focus();
  };
  registerKeys([
    { keys: ["e"], title: "the plates: arrow keys move, Enter picks", group: page, run: focusMap },
    { keys: ["c"], title: "choose the value that wells are coloured by", group: page, run: () => at("value").focus() },
    { keys: ["f"], title: "filters", group: page, run: () => {
      at("filters").open = true;
      at("filters").querySelector("select")?.focus();
    } },
    { keys: ["h"], title: "hide the plates, or show them", group: page, run: togglePlates },
    ...(walk ? [
      { keys: ["w"], title: `next ${all.noun} called wrong`, group: page, run: () => walk(1) },
      { keys: ["W"], title: `${all.noun} called wrong before`, group: page, run: () => walk(-1) },
    ] : []),
  ]);
}

function togglePlates() {
  const hidden = document.body.classList.toggle("alone");
  at("hide").setAttribute("aria-pressed", String(hidden));
}

function tools(all) {
  const bar = make("div", { class: "bar" });
  at("field").before(bar);
  make("label", { for: "compare", text: "Compare with" }, bar);
  make("select", { id: "compare", onchange: (event) => compareWith(all, event.target.value) }, bar);
  const hide = button("Hide plates", togglePlates, bar, { "aria-pressed": "false", title: "More room for the field (h)" });
  hide.id = "hide";
  make("a", { id: "well-csv", class: "download", download: true, href: "#", text: "CSV of this well" }, bar);
}

async function start() {
  let all;
  try {
    all = await plates();
  } catch (error) {
    at("map-alert").textContent = error.message;
    return;
  }
  tellPlates(all);
  tools(all);
  const asked = wellFilters(at("filters"), all);
  const map = wellMap(all);
  const walk = all.wrong ? wrongWalk(all, asked, (step) => goToWell(all, step)) : null;
  keys(all, walk);
  walkAmong(map.met);
  at("map").addEventListener("pick", ({ detail }) => goToWell(all, detail));
  state.on(["plate", "well"], () => showWell(all));
  state.on(["plate", "well", "field", "beside"], map.mark);
  state.on(["beside"], showBeside);
  map.drawn(() => listBeside(all, map.met));
  if (!placeOf("main")) state.set(firstPlace(all));
  map.draw();
  showWell(all);
}

start();
