// Time and depth of what is shown, and which planes have no image.

import { make, freshId } from "./make.js";
import { state } from "./state.js";

const whole = (text, count, first) => {
  const value = Number.parseInt(text ?? "", 10);
  return Number.isNaN(value) ? first : Math.max(0, Math.min(count - 1, value));
};

/** `{t, z}` of a field: z is "max" or a number; a stack is first shown in its middle. */
export function planeOf(field) {
  const z = state.get("z");
  return {
    t: whole(state.get("t"), field.times, 0),
    z: field.steps > 1 && z === "max" ? "max" : whole(z, field.steps, Math.floor(field.steps / 2)),
  };
}

/** How many planes of a channel that are asked for have no image, and of how many. */
export function missingPlanes(field, channel, { t, z }) {
  const away = field.missing.filter(([c, time, step]) => c === channel && time === t && (z === "max" || step === z));
  return [new Set(away.map(([, , step]) => step)).size, z === "max" ? field.steps : 1];
}

/** Plane in words: "", "time 2 of 5, z 3 of 9" or "maximum over 9 z planes". */
export function planeWords(field, { t, z }) {
  const words = [];
  if (field.times > 1) words.push(`time ${t + 1} of ${field.times}`);
  if (field.steps > 1) words.push(z === "max" ? `maximum over ${field.steps} z planes` : `z ${z + 1} of ${field.steps}`);
  return words.join(", ");
}

/** Move through time ("t") or depth ("z") by a step. */
export function stepPlane(field, axis, by) {
  const plane = planeOf(field);
  const count = axis === "t" ? field.times : field.steps;
  const from = plane[axis] === "max" ? Math.floor(count / 2) : plane[axis];
  if (count > 1) state.set({ [axis]: Math.max(0, Math.min(count - 1, from + by)) });
}

/** Show the maximum over all z, or the plane again. */
export function toggleMaximum(field) {
  if (field.steps > 1) state.set({ z: planeOf(field).z === "max" ? null : "max" });
}

/** Sliders for time and depth, there where a field has more than one. Gives what draws them for a field. */
export function planePanel(element) {
  const rows = {};
  for (const [axis, title] of [["t", "Time"], ["z", "Depth (z)"]]) {
    const id = freshId("plane");
    const row = make("div", { class: "plane", hidden: true }, element);
    make("label", { text: title, for: id }, row);
    const slider = make("input", {
      type: "range", id, min: 0, step: 1, oninput: () => state.set({ [axis]: slider.value }),
    }, row);
    const said = make("output", { for: id }, row);
    rows[axis] = { row, slider, said };
  }
  const label = make("label", { class: "maximum" }, rows.z.row);
  const box = make("input", { type: "checkbox", onchange: () => state.set({ z: box.checked ? "max" : null }) }, label);
  label.append(" maximum of all");

  return (field) => {
    const plane = planeOf(field);
    for (const [axis, count] of [["t", field.times], ["z", field.steps]]) {
      const { row, slider, said } = rows[axis];
      row.hidden = count < 2;
      slider.max = count - 1;
      if (plane[axis] !== "max") slider.value = plane[axis];
      said.textContent = plane[axis] === "max" ? "maximum" : `${plane[axis] + 1} of ${count}`;
    }
    box.checked = plane.z === "max";
    element.hidden = field.times < 2 && field.steps < 2;
  };
}
