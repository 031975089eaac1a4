// The field viewer: one view or two beside each other, with the controls for what they show. It shows what the
// address says (state.js), and what is done here is written there.

import { plates } from "./api.js";
import { channelPanel } from "./channelpanel.js";
import { fieldStrip } from "./fieldstrip.js";
import { button, make } from "./make.js";
import { overlayLayer, overlayPanel, overlaysOn } from "./overlays.js";
import { openPane } from "./pane.js";
import { captionLines, drawnPicture, pictureName, savePicture } from "./picture.js";
import { planePanel } from "./planes.js";
import { fieldBy, fieldsOf, goTo, placeBar, placeOf, plateName, wellBy } from "./places.js";
import { prefetch, stopPrefetch } from "./prefetch.js";
import { readout } from "./readout.js";
import { showKeys } from "./keys.js";
import { state } from "./state.js";
import { viewerKeys } from "./viewerkeys.js";

const COUNT_MS = 120;

const written = ({ x, y, zoom }) => [x, y, zoom].join(",");

// "x,y,zoom", and after ";" that of the second view where both are not linked.
function lookedAt(view) {
  const text = (state.get("at") ?? "").split(";")[view === "beside" && unlinked() ? 1 : 0];
  const [x, y, zoom] = text.split(",").map(Number);
  return [x, y, zoom].every(Number.isFinite) && zoom > 0 ? { x, y, zoom } : null;
}

const unlinked = () => (state.get("at") ?? "").includes(";");

function layout(element) {
  const root = make("section", { class: "viewer", "aria-label": "Field viewer" }, element);
  const tools = make("div", { class: "tools", role: "toolbar", "aria-label": "View" }, root);
  const body = make("div", { class: "body" }, root);
  const left = make("div", { class: "left" }, body);
  const panes = make("div", { class: "panes" }, left);
  const below = make("div", { class: "below" }, left);
  const side = make("div", { class: "side" }, body);
  const part = (look) => make("div", { class: look }, side);
  return { root, tools, panes, below, parts: { channels: part("part"), planes: part("part"), overlays: part("part") } };
}

/**
 * Open the viewer in an element. `place` ({plate, well, field}) is gone to if given, else what the address says is
 * shown. Gives `{show(place), close()}`.
 */
export function openViewer(element, place = null) {
  const { root, tools, panes, below, parts } = layout(element);
  const views = new Map(); // "main", "beside" → {box, pane, layer, bar, opening}
  let [all, active, closed, counting] = [null, "main", false, null];

  const main = () => views.get("main");
  const pane = (view = active) => views.get(view)?.pane;
  const field = () => pane()?.field ?? null;
  const point = readout(below);
  const strip = fieldStrip(make("div", { class: "strip", role: "group", "aria-label": "Fields of the well" }, below),
    (key) => goTo(active, { ...placeOf(active), field: key }));
  const channels = channelPanel(parts.channels, (index) => pane()?.samples(index) ?? []);
  const drawPlanes = planePanel(parts.planes);
  const drawOverlays = overlayPanel(parts.overlays);
  const alert = make("p", { class: "alert", role: "alert" }, root);

  const count = () => {
    clearTimeout(counting);
    counting = setTimeout(() => !closed && field() && channels.count(), COUNT_MS);
  };

  const drawControls = () => {
    if (!field()) return;
    channels.draw(field());
    drawPlanes(field());
    drawOverlays(field(), views.get(active).layer);
  };

  const drawLayers = () => {
    for (const { pane: one, layer } of views.values()) {
      if (!one) continue;
      layer.update(one);
      layer.draw(one.at());
    }
  };

  const ahead = () => {
    const at = placeOf(active);
    if (!at || !pane()) return;
    const next = [fieldBy(all, at, 1), fieldBy(all, at, -1), wellBy(all, at, 1), wellBy(all, at, -1)].filter(Boolean);
    const places = [...new Map(next.map((one) => [JSON.stringify(one), one])).values()];
    prefetch(places, pane().drawn);
  };

  const activate = (view) => {
    if (active === view || !views.has(view)) return;
    active = view;
    for (const [name, { box }] of views) box.classList.toggle("active", name === active);
    drawControls();
    showStrip();
    count();
  };

  const showStrip = () => {
    const at = placeOf(active);
    if (at && all) strip.show(at, fieldsOf(all, at));
  };

  const open = async (view) => {
    const box = make("div", { class: "view" }, panes);
    const entry = { box, pane: null, bar: placeBar(box, view), layer: null };
    views.set(view, entry);
    const frame = make("div", { class: "frame" }, box);
    const other = () => views.get(view === "main" ? "beside" : "main")?.pane;
    const on = {
      changed: (at) => !unlinked() && other()?.look(at),
      moved: () => {
        const [one, two] = ["main", "beside"].map((name) => pane(name)?.wanted()).map((at) => at && written(at));
        state.set({ at: unlinked() && two ? `${one};${two}` : view === "main" ? one : two });
      },
      drawn: () => {
        entry.layer?.draw(entry.pane?.at() ?? null);
        count();
      },
      shown: () => {
        root.dispatchEvent(new CustomEvent("shown", { bubbles: true, detail: placeOf(view) }));
        if (view === active) ahead();
      },
      pointed: (at) => point(entry.pane, at),
    };
    box.addEventListener("pointerdown", () => activate(view), true);
    box.addEventListener("focusin", () => activate(view));
    entry.opening = openPane(frame, on).then((made) => {
      if (closed || views.get(view) !== entry) return made.close();
      entry.pane = made;
      entry.layer = overlayLayer(frame, () => {
        entry.layer.draw(made.at());
        drawControls();
      });
    });
    await entry.opening;
    return entry;
  };

  const shut = (view) => {
    const entry = views.get(view);
    views.delete(view);
    entry.pane?.close();
    entry.box.remove();
    activate("main");
  };

  const showPlace = async (view) => {
    let at = placeOf(view);
    if (!at) return view === "beside" && views.has(view) ? shut(view) : undefined;
    if (!fieldsOf(all, at).includes(at.field)) {
      const [first] = fieldsOf(all, at);
      if (at.field === null && first !== undefined) return goTo(view, { ...at, field: first }, false);
      at = { ...at, field: at.field ?? "?" };
    }
    stopPrefetch();
    const entry = views.get(view) ?? await open(view);
    await entry.opening;
    if (closed || !entry.pane) return undefined;
    entry.bar(all, at);
    entry.box.classList.toggle("active", view === active);
    panes.classList.toggle("two", views.size > 1);
    root.classList.toggle("two", views.size > 1);
    link.hidden = views.size < 2;
    beside.setAttribute("aria-pressed", String(views.size > 1));
    if (await entry.pane.show(at, lookedAt(view)) === null) return undefined;
    drawLayers();
    if (view === active) {
      drawControls();
      showStrip();
    }
    return undefined;
  };

  const toggleBeside = () => {
    const at = placeOf("main");
    if (state.get("beside") !== null) {
      const [first] = (state.get("at") ?? "").split(";");
      state.set({ beside: null, at: first || null }, { push: true });
    } else if (at?.field) goTo("beside", at);
  };

  const toggleLink = () => {
    if (views.size < 2) return;
    const [one, two] = ["main", "beside"].map((name) => written(pane(name).wanted()));
    state.set({ at: unlinked() ? one : `${one};${two}` });
  };

  const lookAt = (at) => {
    for (const [view, { pane: one }] of views) if (one && (view === active || !unlinked())) one.look(at);
    if (unlinked()) state.set({ at: ["main", "beside"].map((name) => written(pane(name).wanted())).join(";") });
    else state.set({ at: at && written(at) });
  };

  const natural = () => {
    const at = pane()?.wanted();
    if (at) lookAt({ ...at, zoom: 1 / devicePixelRatio });
  };

  const save = async () => {
    const made = ["main", "beside"].filter((view) => pane(view)?.field).map((view) => views.get(view));
    if (!made.length) return;
    const names = made.map((entry) => plateName(all, entry.pane.place));
    const shown = made[0].pane.field.overlays.filter(({ name }) => overlaysOn().includes(name));
    const picture = drawnPicture(made.map((entry, at) => ({
      canvas: entry.pane.canvas, pane: entry.pane, layer: entry.layer, points: devicePixelRatio,
      lines: captionLines(names[at], entry.pane, shown.map(({ title }) => title)),
    })));
    await savePicture(picture, pictureName(made.map((entry, at) => ({ ...entry.pane.place, name: names[at] })))).catch(
      (error) => { alert.textContent = error.message; });
  };

  const copy = async () => {
    await navigator.clipboard.writeText(state.link()).then(
      () => { alert.textContent = "The link is copied."; },
      () => { alert.textContent = `The link is in the browser's bar: ${state.link()}`; });
  };

  const tool = (text, title, run) => button(text, run, tools, { title });
  tool("−", "Zoom out", () => pane()?.zoomBy(1 / 1.5)).setAttribute("aria-label", "Zoom out");
  tool("+", "Zoom in", () => pane()?.zoomBy(1.5)).setAttribute("aria-label", "Zoom in");
  tool("Fit", "The whole field (0)", () => lookAt(null));
  tool("1:1", "A pixel of the field on a pixel of the screen (o)", natural);
  const beside = tool("Side by side", "A second view beside this one (s)", toggleBeside);
  const link = tool("Linked", "Both views zoom and move together (l)", toggleLink);
  tool("Save PNG", "What is seen, as a picture with scale bar (g)", save);
  tool("Copy link", "The address of this view", copy);
  tool("Keys", "All keys (?)", showKeys);

  const off = [
    state.on(["plate", "well", "field"], () => all && showPlace("main")),
    state.on(["beside"], () => all && showPlace("beside")),
    state.on(["t", "z", "ch"], (changed) => {
      for (const { pane: one } of views.values()) one?.refresh();
      if (changed.some((key) => key !== "ch")) drawLayers();
      drawControls();
      strip.look();
      count();
    }),
    state.on(["over"], () => {
      drawLayers();
      drawControls();
    }),
    state.on(["at"], () => {
      link.setAttribute("aria-pressed", String(!unlinked()));
      link.textContent = unlinked() ? "Not linked" : "Linked";
      for (const [view, { pane: one }] of views) one?.look(lookedAt(view));
    }),
    viewerKeys({
      pane, field, channels, lookAt, natural, toggleBeside, toggleLink, save,
      go: (by, step) => {
        const to = all && placeOf(active) && (step === "well" ? wellBy : fieldBy)(all, placeOf(active), by);
        if (to) goTo(active, to);
      },
      swap: () => views.size > 1 && activate(active === "main" ? "beside" : "main"),
      overlays: () => drawControls(),
    }),
  ];

  point(null, null);
  link.setAttribute("aria-pressed", String(!unlinked()));
  if (place) state.set(place);
  plates().then(async (found) => {
    if (closed) return;
    all = found;
    await showPlace("main");
    await showPlace("beside");
  }).catch((error) => { alert.textContent = error.message; });

  return {
    show: (next) => goTo("main", next),
    close() {
      closed = true;
      clearTimeout(counting);
      off.forEach((end) => end());
      views.forEach((entry) => entry.pane?.close());
      root.remove();
    },
    get main() { return main()?.pane ?? null; },
  };
}
