// The page's state is its address: everything after "#" says what is shown, so that a link is a view.
// Values are text. A place that is moved to is a step of the browser's history; a slider's step is not.

const KEPT = ["ch", "over"]; // Contrast and overlays stay as they are while Back and Forward move between places.
const PAUSE_MS = 250; // Browsers refuse an address that is written hundreds of times in a few seconds.

const listeners = new Set();
let values = read(location.hash);
let waiting = null;

function read(hash) {
  const found = new Map();
  for (const part of hash.replace(/^#/, "").split("&")) {
    const cut = part.indexOf("=");
    if (cut > 0) found.set(decoded(part.slice(0, cut)), decoded(part.slice(cut + 1)));
  }
  return found;
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // A "%" that somebody typed stands for itself.
  }
}

// Marks that need no escape after "#" stay readable.
const encoded = (text) => encodeURIComponent(text).replace(/%(2C|3A|3B|2F)/g, decodeURIComponent);

function written() {
  const parts = [...values].map(([key, value]) => encoded(key) + "=" + encoded(value));
  return location.pathname + location.search + (parts.length ? "#" + parts.join("&") : "");
}

function flush() {
  if (waiting === null) return;
  clearTimeout(waiting);
  waiting = null;
  history.replaceState({ place: true }, "", written());
}

function tell(changed) {
  if (!changed.length) return;
  for (const { keys, fn } of [...listeners]) {
    const meant = keys.some((key) => key.endsWith("*")
      ? changed.some((one) => one.startsWith(key.slice(0, -1))) : changed.includes(key));
    if (meant) fn(changed);
  }
}

function become(next) {
  const changed = [...new Set([...values.keys(), ...next.keys()])].filter(
    (key) => values.get(key) !== next.get(key));
  values = next;
  return changed;
}

addEventListener("popstate", (event) => {
  const next = read(location.hash);
  const moved = event.state !== null && event.state.place === true; // else the address was typed or pasted
  if (moved) {
    for (const key of KEPT) {
      if (values.has(key)) next.set(key, values.get(key));
      else next.delete(key);
    }
  }
  clearTimeout(waiting);
  waiting = null;
  const changed = become(next);
  history.replaceState({ place: true }, "", written());
  tell(changed);
});
addEventListener("pagehide", flush);
history.replaceState({ place: true }, "", location.href);

export const state = {
  /** The value of a key as text, or null where the address does not say. */
  get(key) {
    return values.has(key) ? values.get(key) : null;
  },

  /** The keys that begin with a prefix, as {key: value}: filters are "f.clone", "f.batch", … */
  all(prefix) {
    return Object.fromEntries([...values].filter(([key]) => key.startsWith(prefix)));
  },

  /** Change keys (null takes one away) and tell who listens; `push` makes it a step of the history. */
  set(changes, { push = false } = {}) {
    const next = new Map(values);
    for (const [key, value] of Object.entries(changes)) {
      if (value === null || value === undefined) next.delete(key);
      else next.set(key, String(value));
    }
    const before = values;
    const changed = become(next);
    if (!changed.length) return;
    if (push) {
      if (waiting !== null) {
        values = before;
        flush();
        values = next;
      }
      history.pushState({ place: true }, "", written());
    } else if (waiting === null) {
      waiting = setTimeout(flush, PAUSE_MS);
    }
    tell(changed);
  },

  /** Call `fn(changed)` when one of `keys` has changed; "f.*" means all that begin so. Gives what ends it. */
  on(keys, fn) {
    const listener = { keys, fn };
    listeners.add(listener);
    return () => listeners.delete(listener);
  },

  /** The address of what is shown now. */
  link() {
    flush();
    return location.href;
  },
};
