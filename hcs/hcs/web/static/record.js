// The picked well: its row of the platemap above its fields, its numbers below.

import { asked } from "./api.js";
import { make } from "./make.js";
import { plateName } from "./places.js";

const PATIENCE_MS = 250; // after this the well before does not stand under the new one's name any longer
const at = (id) => document.getElementById(id);
let turn = 0;

function pairs(element, rows) {
  const list = make("dl", {}, element);
  for (const [title, value] of rows) {
    const pair = make("div", {}, list);
    make("dt", { text: title }, pair);
    make("dd", { text: value }, pair);
  }
}

function table(element, { title, columns, rows }) {
  make("h3", { text: title }, element);
  const scroll = make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": title }, element);
  const made = make("table", {}, scroll);
  const head = make("tr", {}, make("thead", {}, made));
  for (const name of columns) make("th", { scope: "col", text: name }, head);
  const body = make("tbody", {}, made);
  for (const row of rows) {
    const line = make("tr", {}, body);
    row.forEach((value, place) => {
      make(place ? "td" : "th", { text: value, ...(place ? {} : { scope: "row" }) }, line);
    });
  }
}

function head(record) {
  const element = at("record");
  element.replaceChildren();
  if (record.map.length) pairs(element, record.map);
  if (record.left_out) make("p", { class: "caution", text: `Left out: ${record.left_out}.` }, element);
  if (record.study) make("p", { class: "study", text: record.study }, element);
  for (const text of record.told) make("p", { class: "small", text }, element);
}

function numbers(record) {
  const element = at("numbers");
  const open = new Set([...element.querySelectorAll("details[open]")].map((one) => one.dataset.group));
  const first = !element.childElementCount;
  element.replaceChildren();
  for (const [title, rows] of record.groups) {
    const box = make("details", {}, element);
    box.dataset.group = title;
    box.open = first ? /^Scores|: counts|mean of fields$/.test(title) : open.has(title);
    make("summary", { text: title }, box);
    pairs(box, rows);
  }
  for (const one of record.tables) table(element, { ...one, title: `Fields. ${one.title}` });
}

/** Show what is known of a well. */
export async function showRecord(all, place) {
  const mine = ++turn;
  const name = plateName(all, place);
  at("well-title").textContent = all.plates.length > 1 ? `${name}, ${place.well}` : place.well;
  const told = at("walked");
  if (told.dataset.of && told.dataset.of !== `${place.plate}/${place.well}`) {
    told.textContent = "";
    delete told.dataset.of;
  }
  const path = `/api/well/${encodeURIComponent(place.plate)}/${encodeURIComponent(place.well)}`;
  at("well-csv").href = `${path}.csv`;
  const show = (how) => [at("record"), at("numbers")].forEach(({ style }) => { style.visibility = how; });
  const late = setTimeout(() => mine === turn && show("hidden"), PATIENCE_MS);
  try {
    const record = await asked(path); // Anew each time: platemap and measurements may be others by now.
    if (mine !== turn) return;
    head(record);
    numbers(record);
    at("well-csv").hidden = !record.known;
  } catch (error) {
    if (mine !== turn) return;
    at("record").replaceChildren(make("p", { class: "caution", text: error.message }));
    at("numbers").replaceChildren();
    at("well-csv").hidden = true;
  } finally {
    clearTimeout(late);
    if (mine === turn) show("");
  }
}
