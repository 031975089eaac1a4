// Which wells are looked at: a choice for each filter, kept in the address as "f.NAME".

import { freshId, make } from "./make.js";
import { state } from "./state.js";

const PREFIX = "f.";

/** Draw the filters that the plates have. Gives what the address asks for, as part of a query. */
export function wellFilters(element, all) {
  const rows = element.querySelector(".rows");
  const more = make("details", { hidden: !all.filters.some(({ further }) => further) });
  make("summary", { text: "More filters" }, more);
  const others = make("div", { class: "rows" }, more);
  rows.after(more);
  const clear = element.querySelector("button");
  const summary = element.querySelector("summary");
  const selects = new Map();
  for (const { key, title, choices, further } of all.filters) {
    const id = freshId("filter");
    const row = make("div", { class: "row" }, further ? others : rows);
    make("label", { for: id, text: title }, row);
    const select = make("select", {
      id, onchange: () => state.set({ [PREFIX + key]: select.value || null }, { push: true }),
    }, row);
    make("option", { value: "", text: "any" }, select);
    for (const [value, text] of choices) make("option", { value, text }, select);
    selects.set(key, select);
  }
  element.hidden = !selects.size;
  clear.addEventListener("click", () => {
    state.set(Object.fromEntries(Object.keys(state.all(PREFIX)).map((key) => [key, null])), { push: true });
    summary.focus();
  });

  const show = () => {
    const chosen = state.all(PREFIX);
    for (const [key, select] of selects) {
      const value = chosen[PREFIX + key] ?? "";
      // A link may ask for what these plates do not have: the server says so.
      if (value && ![...select.options].some((one) => one.value === value)) {
        make("option", { value, text: value }, select);
      }
      select.value = value;
      select.parentElement.classList.toggle("on", value !== "");
    }
    const count = Object.keys(chosen).length;
    summary.textContent = count ? `Filters (${count} on)` : "Filters";
    clear.hidden = !count;
    more.open ||= others.querySelector(".on") !== null;
  };
  state.on([`${PREFIX}*`], show);
  show();
  return () => new URLSearchParams(state.all(PREFIX));
}
