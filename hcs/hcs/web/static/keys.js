// One table of keys: a module registers its own, "?" shows them all.
// A key is not taken from a text field, a list, a slider that uses it, or from whoever has used it already.

const taken = new Map();
const KEPT_AS = "hcs.keys"; // Whether single keys work: who dictates or uses a switch can turn them off.
const OFTEN = { ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", " ": "Space" };
const SLIDER_KEYS = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End", "PageUp", "PageDown"];
let dialog = null;
let working = stored() !== "off";

function stored() {
  try {
    return localStorage.getItem(KEPT_AS);
  } catch {
    return null; // A browser may keep nothing for this page.
  }
}

function keep(on) {
  working = on;
  try {
    localStorage.setItem(KEPT_AS, on ? "on" : "off");
  } catch {
    // It holds until the page is closed.
  }
}

function used(target, key) {
  if (!(target instanceof Element)) return false;
  if (target.closest("textarea, select, [contenteditable]")) return true;
  if (key === " " || key === "Enter") return Boolean(target.closest("button, a[href], summary, input"));
  const input = target.closest("input");
  if (!input) return false;
  if (input.type === "range" || input.type === "radio") return SLIDER_KEYS.includes(key);
  return !["checkbox", "button", "submit"].includes(input.type);
}

function make(tag, text, parent) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  if (parent) parent.append(made);
  return made;
}

function drawn() {
  const made = make("dialog", undefined, document.body);
  made.className = "keys";
  made.setAttribute("aria-labelledby", "keys-title");
  make("h2", "Keys", made).id = "keys-title";
  made.body = make("div", undefined, made);
  made.body.className = "groups";
  const label = make("label", undefined, made);
  const box = make("input", undefined, label);
  box.type = "checkbox";
  box.checked = working;
  box.addEventListener("change", () => keep(box.checked));
  label.append(" Single keys work on this page");
  const close = make("button", "Close", made);
  close.type = "button";
  close.addEventListener("click", () => made.close());
  return made;
}

/** Show the table of all keys, or close it. */
export function showKeys() {
  dialog ??= drawn();
  if (dialog.open) return dialog.close();
  dialog.body.replaceChildren();
  const actions = new Set(taken.values());
  for (const group of new Set([...actions].map((action) => action.group))) {
    const table = make("table", undefined, dialog.body);
    make("caption", group, table);
    const body = make("tbody", undefined, table);
    for (const action of actions) {
      if (action.group !== group) continue;
      const row = make("tr", undefined, body);
      const head = make("th", undefined, row);
      head.scope = "row";
      const [first, ...others] = action.keys.map((key) => OFTEN[key] ?? key);
      make("kbd", first, head);
      const shown = action.upTo ? [[" to ", action.upTo]] : others.map((key) => [" or ", key]);
      for (const [word, key] of shown) {
        head.append(word);
        make("kbd", key, head);
      }
      make("td", action.title, row);
    }
  }
  dialog.showModal();
}

/**
 * Give keys to actions: `[{keys: ["n", "ArrowRight"], title: "next field", group: "Field", run}]`, keys as
 * `KeyboardEvent.key` names them. `within` is a selector of where the key works; `upTo` the last of many keys, to show
 * "1 to 9". Gives what takes them back. A key that is taken is a fault of the page.
 */
export function registerKeys(actions) {
  const own = [];
  for (const action of actions) {
    for (const key of action.keys) {
      if (taken.has(key)) throw new Error(`The key ${key} is "${taken.get(key).title}" already.`);
      taken.set(key, action);
      own.push(key);
    }
  }
  return () => own.forEach((key) => taken.delete(key));
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const action = taken.get(event.key);
  if (!action || used(event.target, event.key)) return;
  if (action.within && !event.target.closest(action.within)) return;
  if (!working && event.key !== "?") return;
  if (dialog?.open && event.key !== "?") return;
  event.preventDefault();
  action.run(event);
});

registerKeys([{ keys: ["?"], title: "these keys", group: "Page", run: showKeys }]);
