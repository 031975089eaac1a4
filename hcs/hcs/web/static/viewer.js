// The field viewer: one view or two beside each other, with the controls for what they show. It shows what the
// address says (state.js), and what is done here is written there.

import { plates } from "./api.js";
import { channelPanel } from "./channelpanel.js";
import { fieldStrip } from "./fieldstrip.js";
import { keepLookedAt, unlinked, withoutBeside } from "./lookedat.js";
import { button, make } from "./make.js";
import { overlayPanel, overlaysOn } from "./overlays.js";
import { captionLines, drawnPicture, pictureName, savePicture } from "./picture.js";
import { planePanel } from "./planes.js";
import { fieldBy, fieldsOf, goTo, placeOf, plateName, wellBy } from "./places.js";
import { prefetch, stopPrefetch } from "./prefetch.js";
import { readout } from "./readout.js";
import { showKeys } from "./keys.js";
import { state } from "./state.js";
import { viewerKeys } from "./viewerkeys.js";
import { NAMES, openViews } from "./views.js";

const COUNT_MS = 120; // The histogram is counted once a movement rests.

function layout(element) {
  const root = make("section", { class: "viewer", "aria-label": "Field viewer" }, element);
  const tools = make("div", { class: "tools", role: "toolbar", "aria-label": "View" }, root);
  const body = make("div", { class: "body" }, root);
  const left = make("div", { class: "left" }, body);
  const panes = make("div", { class: "panes" }, left);
  const below = make("div", { class: "below" }, left);
  const side = make("div", { class: "side" }, body);
  const parts = ["channels", "planes", "overlays"].map((name) => [name, make("div", {}, side)]);
  return { root, tools, panes, below, ...Object.fromEntries(parts), alert: make("p", { class: "alert", role: "alert" }, root) };
}

/** Channels, planes, overlays, fields and readout of the active view. */
function controls(at, views, plate) {
  const field = () => views.pane()?.field ?? null;
  const point = readout(at.below);
  const strip = fieldStrip(make("div", { class: "strip", role: "group", "aria-label": "Fields of the well" }, at.below),
    (key) => goTo(views.active, { ...placeOf(views.active), field: key }));
  const channels = channelPanel(at.channels, (index) => views.pane()?.samples(index) ?? []);
  const planes = planePanel(at.planes);
  const overlays = overlayPanel(at.overlays);
  let counting = null;
  point(null, null);
  return {
    channels, field, point,
    draw() {
      // Nothing of the field before is left beside a well that has none.
      for (const one of [at.channels, at.planes, at.overlays]) one.hidden = !field();
      if (!field()) return views.pane()?.place && strip.show(views.pane().place, []);
      channels.draw(field());
      planes(field());
      overlays(field(), views.layer);
      return strip.show(views.pane().place, fieldsOf(plate(), views.pane().place));
    },
    look: strip.look,
    rest: strip.rest,
    count() {
      clearTimeout(counting);
      counting = setTimeout(() => field() && channels.count(), COUNT_MS);
    },
    close: () => clearTimeout(counting),
  };
}

/** What the buttons and keys do with the views. */
function actions(views, all, tell) {
  const lookAt = (next) => {
    const panes = NAMES.map((name) => views.pane(name));
    if (!panes[0]?.field) return;
    panes.forEach((pane, at) => (!unlinked() || NAMES[at] === views.active) && pane?.look(next));
    if (unlinked() && panes[1]) keepLookedAt(panes[0].wanted(), panes[1].wanted());
    else keepLookedAt(next);
  };
  return {
    lookAt,
    natural() {
      const at = views.pane()?.wanted();
      if (at) lookAt({ ...at, zoom: 1 / devicePixelRatio });
    },
    go(by, step) {
      const at = all() && placeOf(views.active);
      const to = at && (step === "well" ? wellBy : fieldBy)(all(), at, by);
      if (to) goTo(views.active, to);
    },
    swap: () => views.two && views.activate(NAMES.find((name) => name !== views.active)),
    toggleBeside() {
      if (state.get("beside") !== null) state.set(withoutBeside(), { push: true });
      else if (placeOf("main")?.field) goTo("beside", placeOf("main"));
    },
    toggleLink() {
      if (!views.two) return;
      const [main, beside] = NAMES.map((name) => views.pane(name).wanted());
      if (unlinked()) keepLookedAt(main);
      else keepLookedAt(main, beside);
    },
    async save() {
      const made = views.shown;
      if (!made.length) return;
      const names = made.map(({ pane }) => plateName(all(), pane.place));
      const titles = made[0].pane.field.overlays.filter(({ name }) => overlaysOn().includes(name)).map(({ title }) => title);
      const picture = drawnPicture(made.map(({ pane, layer }, at) => (
        { canvas: pane.canvas, pane, layer, points: devicePixelRatio, lines: captionLines(names[at], pane, titles) })));
      const file = pictureName(made.map(({ pane }, at) => ({ ...pane.place, name: names[at] })));
      await savePicture(picture, file).catch((error) => tell(error.message));
    },
    async copy() {
      const link = state.link();
      // Browsers give the clipboard to pages of this machine alone.
      const copied = await navigator.clipboard?.writeText(link).then(() => true, () => false);
      tell(copied ? "The link is copied." : `The link is in the browser's bar: ${link}`);
    },
  };
}

function toolbar(element, views, act) {
  const tool = (text, title, run, rest = {}) => button(text, run, element, { title, ...rest });
  tool("−", "Zoom out (-)", () => views.pane()?.zoomBy(1 / 1.5), { "aria-label": "Zoom out" });
  tool("+", "Zoom in (+)", () => views.pane()?.zoomBy(1.5), { "aria-label": "Zoom in" });
  tool("Fit", "The whole field (0)", () => act.lookAt(null));
  tool("1:1", "A pixel of the field on a pixel of the screen (o)", act.natural);
  const beside = tool("Side by side", "A second view beside this one (s)", act.toggleBeside);
  const link = tool("Linked", "Both views zoom and move together (l)", act.toggleLink);
  tool("Save PNG", "What is seen, as a picture with scale bar (g)", act.save);
  tool("Copy link", "The address of this view (L)", act.copy);
  tool("Keys", "All keys (?)", showKeys);
  return () => {
    beside.setAttribute("aria-pressed", String(views.two));
    link.hidden = !views.two;
    link.setAttribute("aria-pressed", String(!unlinked()));
    link.textContent = unlinked() ? "Not linked" : "Linked";
  };
}

/**
 * Open the viewer in an element. `place` ({plate, well, field}) is gone to if given, else what the address says is
 * shown. Gives `{show(place), close()}`.
 */
export function openViewer(element, place = null) {
  const at = layout(element);
  const tell = (text) => { at.alert.textContent = text; };
  let all = null;
  let closed = false;

  const ahead = () => {
    const here = views.pane().place;
    const next = [[fieldBy, 1], [fieldBy, -1], [wellBy, 1], [wellBy, -1]].map(([step, by]) => step(all, here, by));
    const places = new Map(next.filter(Boolean).map((one) => [JSON.stringify(one), one]));
    prefetch([...places.values()], views.pane().drawn);
  };
  const views = openViews(at.panes, {
    drawn: () => panel.count(),
    pointed: (pane, point) => panel.point(pane, point),
    changed() {
      drawTools();
      panel.draw();
      panel.count();
    },
    shown(name) {
      at.root.dispatchEvent(new CustomEvent("shown", { bubbles: true, detail: placeOf(name) }));
      if (name !== views.active) return;
      panel.rest();
      ahead();
    },
  });
  const panel = controls(at, views, () => all);
  const act = actions(views, () => all, tell);
  const drawTools = toolbar(at.tools, views, act);
  const show = async (name) => {
    if (!all) return;
    stopPrefetch();
    await views.show(name, all).catch((error) => tell(error.message));
  };

  const off = [
    state.on(["plate", "well", "field"], () => show("main")),
    state.on(["beside"], () => show("beside")),
    state.on(["t", "z", "ch"], (changed) => {
      views.refresh();
      if (changed.some((key) => key !== "ch")) views.layers();
      panel.draw();
      panel.look();
      panel.count();
    }),
    state.on(["over"], () => {
      views.layers();
      panel.draw();
    }),
    state.on(["at"], () => {
      drawTools();
      views.look();
    }),
    viewerKeys({ ...act, pane: views.pane, field: panel.field, channels: panel.channels }),
  ];

  drawTools();
  if (place) state.set(place);
  plates().then(async (found) => {
    if (closed) return;
    all = found;
    for (const name of NAMES) await show(name); // The first one's windows are those of both.
  }).catch((error) => tell(error.message));

  return {
    show: (next) => goTo("main", next),
    close() {
      closed = true;
      off.forEach((end) => end());
      panel.close();
      views.close();
      at.root.remove();
    },
  };
}
