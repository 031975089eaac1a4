// From well to well of the clones that the study called wrong.

import { button, make } from "./make.js";
import { placeOf } from "./places.js";

/** Show the control, and give what goes on by a step; `go({number, well})` shows a well. */
export function wrongWalk(all, asked, go) {
  const element = document.getElementById("wrong");
  const told = document.getElementById("walked");
  const failed = make("span", { class: "small", role: "status" });

  const walk = async (step) => {
    const query = asked();
    const place = placeOf("main");
    if (place) [["plate", place.plate], ["well", place.well]].forEach(([key, value]) => query.set(key, value));
    query.set("step", step);
    try {
      const response = await fetch(`/api/next?${query}`);
      const found = await response.json();
      if (!response.ok) throw new Error(found.error);
      failed.textContent = found.plate === null ? found.said : "";
      if (found.plate === null) return;
      go({ number: Number(found.plate), well: found.well });
      told.textContent = `${found.said}; ${found.place} of ${found.of} wells of all ${all.noun}s called wrong`;
      told.dataset.of = `${found.plate}/${found.well}`;
    } catch (error) {
      failed.textContent = error instanceof TypeError ? "The server does not answer." : error.message;
    }
  };

  element.hidden = false;
  button("‹", () => walk(-1), element, {
    "aria-label": `${all.noun} called wrong before`, title: `${all.noun} called wrong before (W)`,
  });
  button(`Next ${all.noun} called wrong`, () => walk(1), element, { title: "Its next well (w)" });
  element.append(failed);
  return walk;
}
