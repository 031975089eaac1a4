// The controls of channels: on or off, colour, and the window by two handles or by numbers, over its histogram.

import { changeLooks, COLOURS, colourName, looksOf, resetLooks } from "./channels.js";
import { button, freshId, make } from "./make.js";
import { binsOf, percentiles } from "./levels.js";

const DARKEST = 1.0; // percentiles that "auto" makes black and full, as the plate's own window has them
const BRIGHTEST = 99.7;
const BINS = 96;

const rounded = (value) => Number(value.toPrecision(5));

function colourChoice(row, change) {
  const box = make("span", { class: "colour" }, row);
  const select = make("select", {}, box);
  for (const name of Object.keys(COLOURS)) make("option", { text: name, value: name }, select);
  make("option", { text: "own …", value: "own" }, select);
  const free = make("input", { type: "color", hidden: true }, box);
  select.addEventListener("change", () => {
    if (select.value !== "own") return change(COLOURS[select.value]);
    free.hidden = false;
    free.focus();
  });
  free.addEventListener("input", () => change(free.value.slice(1)));
  return (name, colour) => {
    const known = colourName(colour);
    select.value = known in COLOURS ? known : "own";
    free.hidden = known in COLOURS;
    free.value = `#${colour.toLowerCase()}`;
    select.setAttribute("aria-label", `Colour of ${name}`);
    free.setAttribute("aria-label", `Own colour of ${name}`);
  };
}

function windowControl(row, name, change) {
  const box = make("div", { class: "window" }, row);
  const bars = make("canvas", { class: "histogram", width: BINS, height: 30, "aria-hidden": "true" }, box);
  const track = make("div", { class: "track" }, box);
  const ends = {};
  const numbers = make("div", { class: "numbers" }, box);
  for (const [end, said] of [["low", "black at"], ["high", "full at"]]) {
    const slider = make("input", { type: "range", class: end, "aria-label": `${name}: ${said}` }, track);
    const id = freshId("level");
    make("label", { text: said, for: id }, numbers);
    const typed = make("input", { type: "number", id, "aria-label": `${name}: ${said} (grey level)` }, numbers);
    ends[end] = { slider, typed };
  }
  let look = null;
  let step = 1;
  const moved = (end, value) => {
    if (!Number.isFinite(value)) return void (ends[end].typed.value = rounded(look[end]));
    return change(end === "low" ? { low: Math.min(value, look.high - step) } : { high: Math.max(value, look.low + step) });
  };
  for (const [end, { slider, typed }] of Object.entries(ends)) {
    slider.addEventListener("input", () => moved(end, slider.valueAsNumber));
    typed.addEventListener("change", () => moved(end, typed.valueAsNumber));
  }
  let [from, to] = [0, 1];
  const draw = (next, [least, greatest], whole) => {
    look = next;
    [from, to] = [Math.min(least, look.low), Math.max(greatest, look.high)];
    step = whole ? 1 : (to - from) / 1000;
    for (const [end, { slider, typed }] of Object.entries(ends)) {
      [slider.min, slider.max] = [from, to];
      slider.step = typed.step = whole ? 1 : "any";
      slider.value = look[end];
      if (document.activeElement !== typed || typed.valueAsNumber !== look[end]) typed.value = rounded(look[end]);
    }
  };
  const count = (values) => {
    const context = bars.getContext("2d");
    context.clearRect(0, 0, bars.width, bars.height);
    if (!values?.length) return;
    const bins = binsOf(values, from, to, BINS);
    const most = Math.log1p(Math.max(...bins));
    context.fillStyle = getComputedStyle(bars).color;
    bins.forEach((n, at) => {
      const tall = Math.round((bars.height * Math.log1p(n)) / most);
      context.fillRect(at, bars.height - tall, 1, tall);
    });
  };
  return { draw, count };
}

/**
 * Controls for the channels of a field. `shown(index)` gives the samples of a channel that are on the screen.
 * Gives `{draw(field), count(), auto(), reset(), toggle(at)}`.
 */
export function channelPanel(element, shown) {
  make("h2", { text: "Channels" }, element);
  const list = make("div", { class: "channels" }, element);
  const foot = make("div", { class: "row" }, element);
  let field = null;
  let rows = [];

  const auto = (indices) => {
    const changes = {};
    for (const { index, name, on } of looksOf(field)) {
      const values = indices.includes(index) && on ? shown(index) : null;
      if (!values?.length) continue;
      const [low, high] = percentiles(values, [DARKEST, BRIGHTEST]).map(rounded);
      changes[name] = { low, high: high > low ? high : low + 1 };
    }
    changeLooks(field, changes);
  };
  const all = () => field.channels.map((_, index) => index);
  button("Auto (a)", () => auto(all()), foot, { title: "Windows from the grey levels that are on the screen" });
  button("Plate's (r)", () => resetLooks(field), foot, { title: "Windows and colours as the plate has them" });

  const build = () => {
    list.replaceChildren();
    rows = field.channels.map(({ name }, index) => {
      const row = make("fieldset", { class: "channel" }, list);
      make("legend", { text: name, class: "hidden" }, row);
      const head = make("div", { class: "head" }, row);
      const label = make("label", { class: "name" }, head);
      const box = make("input", {
        type: "checkbox", onchange: () => changeLooks(field, { [name]: { on: box.checked } }),
      }, label);
      make("span", { text: name }, label);
      const colour = colourChoice(head, (value) => changeLooks(field, { [name]: { colour: value } }));
      button("Auto", () => auto([index]), head, {
        "aria-label": `Auto: ${name}`, title: "Window from the grey levels on the screen",
      });
      const levels = windowControl(row, name, (change) => changeLooks(field, { [name]: change }));
      return { row, box, colour, levels };
    });
  };

  const draw = (next) => {
    const names = (one) => JSON.stringify(one?.channels.map(({ name }) => name));
    const fresh = names(field) !== names(next);
    field = next;
    if (fresh) build();
    for (const look of looksOf(field)) {
      const { row, box, colour, levels } = rows[look.index];
      box.checked = look.on;
      row.classList.toggle("off", !look.on);
      row.style.setProperty("--channel", `#${look.colour}`);
      colour(look.name, look.colour);
      levels.draw(look, field.channels[look.index].limits, field.dtype.includes("int"));
    }
  };

  return {
    draw,
    count: () => rows.forEach(({ levels }, index) => levels.count(shown(index))),
    auto: () => field && auto(all()),
    reset: () => field && resetLooks(field),
    toggle: (at) => {
      const look = field && looksOf(field)[at];
      if (look) changeLooks(field, { [look.name]: { on: !look.on } });
    },
  };
}
