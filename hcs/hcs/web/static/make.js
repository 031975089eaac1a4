// Elements with text that is set as text.

/** An element with properties (`class`, `text`, `on…` and attributes), appended to `parent`. */
export function make(tag, { text, class: look, ...rest } = {}, parent = null) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  if (look) made.className = look;
  for (const [name, value] of Object.entries(rest)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (typeof value === "boolean" && !name.startsWith("aria-")) made.toggleAttribute(name, value);
    else if (value !== null && value !== undefined) made.setAttribute(name, value);
  }
  if (parent) parent.append(made);
  return made;
}

/** A button that says what it does; `title` names its key too. */
export const button = (text, run, parent, rest = {}) =>
  make("button", { type: "button", text, onclick: run, ...rest }, parent);

let counted = 0;
/** A name for an element that a label or description points at. */
export const freshId = (stem) => `${stem}-${++counted}`;
