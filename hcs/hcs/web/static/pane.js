// One view of a field: OpenSeadragon with our tiles, and over it overlays, scale bar and what is to be said.

import { fieldOf } from "./api.js";
import { looksOf, keepLooks } from "./channels.js";
import { make } from "./make.js";
import { missingPlanes, planeOf } from "./planes.js";
import { keptSamples } from "./pixels.js";
import { samplesShown } from "./levels.js";
import { scaleBar } from "./scalebar.js";
import { openTiles } from "./openseadragon.js";

const PATIENCE_MS = 250; // after this the place before is not shown any longer under the new one's name
const MOST_ZOOM = 40; // points a pixel
const still = matchMedia("(prefers-reduced-motion: reduce)");

/** Where a view looks, as an address can say it: its middle in pixels of the field, and screen points a pixel. */
export const rounded = ({ x, y, zoom }) => (
  { x: Number(x.toFixed(2)), y: Number(y.toFixed(2)), zoom: Number(zoom.toPrecision(6)) });

function viewerOptions(element, FieldDrawer) {
  const quick = still.matches ? 0 : 0.25;
  return {
    element, drawer: FieldDrawer, showNavigationControl: false, showNavigator: false, keyboardNavEnabled: false,
    preserveViewport: true, preserveImageSizeOnResize: true, visibilityRatio: 0.2, minZoomImageRatio: 0.4,
    maxZoomPixelRatio: MOST_ZOOM, maxTilesPerFrame: 64, imageLoaderLimit: 0, maxImageCacheCount: 96, blendTime: 0,
    animationTime: quick, springStiffness: 8, immediateRender: false,
    gestureSettingsMouse: { clickToZoom: false, dblClickToZoom: true, scrollToZoom: true, flickEnabled: false },
    gestureSettingsTouch: { dblClickToZoom: true, flickEnabled: !still.matches },
  };
}

/**
 * Open a view in an element. `on` is told: `moved(at)` by a user, `changed(at)` at each step of a movement, `shown()`
 * when a place is drawn whole, `pointed(point | null)`, `drawn()` at each drawing.
 */
export async function openPane(element, on) {
  const { FieldDrawer, FieldSource } = await openTiles();
  const stage = make("div", { class: "stage" }, element);
  const hatch = make("div", { class: "hatch", hidden: true }, element);
  const notice = make("p", { class: "notice", role: "status" }, element);
  const osd = OpenSeadragon(viewerOptions(stage, FieldDrawer));
  const bar = scaleBar(element);
  osd.canvas.setAttribute("role", "application");
  let [field, place, plane, item, wanted] = [null, null, null, null, null];
  let [turn, asked] = [0, 0]; // pictures, and places: a picture of the place before must not call off the next place
  let touched = false;
  let waiting = false;
  let source = null; // the last that was put, shown or on its way

  const size = () => osd.viewport.getContainerSize();
  const side = () => field.levels[0].width;
  const at = () => {
    const middle = osd.viewport.getCenter(false);
    return { x: middle.x * side(), y: middle.y * side(), zoom: (osd.viewport.getZoom(false) * size().x) / side() };
  };
  const now = () => {
    const middle = osd.viewport.getCenter(true);
    return { x: middle.x * side(), y: middle.y * side(), zoom: (osd.viewport.getZoom(true) * size().x) / side() };
  };
  const fitted = () => {
    const { width, height } = field.levels[0];
    return { x: width / 2, y: height / 2, zoom: Math.min(size().x / width, size().y / height) };
  };
  // An address can name places far outside.
  const inside = ({ x, y, zoom }) => {
    const { width, height } = field.levels[0];
    const within = (value, least, most) => Math.max(least, Math.min(most, value));
    return { x: within(x, 0, width), y: within(y, 0, height), zoom: within(zoom, 0.1 * fitted().zoom, MOST_ZOOM) };
  };
  const look = (next, immediately = true) => {
    const target = next ? inside(next) : fitted();
    osd.viewport.zoomTo((target.zoom * side()) / size().x, null, immediately);
    osd.viewport.panTo(new OpenSeadragon.Point(target.x / side(), target.y / side()), immediately);
  };
  // OpenSeadragon takes the finest level of which two pixels are no less than one of the screen.
  const finest = () => {
    const scale = at().zoom * devicePixelRatio * side();
    const level = field.levels.findIndex(({ width }) => scale / width >= 0.5);
    return level < 0 ? field.levels.length - 1 : level;
  };
  const say = (text, hatched = false) => {
    notice.textContent = text;
    hatch.hidden = !hatched;
  };
  const drop = (old) => {
    if (!old) return;
    old.source.cancel();
    if (osd.world.getIndexOfItem(old) >= 0) osd.world.removeItem(old);
  };
  const empty = () => {
    for (let at = osd.world.getItemCount() - 1; at >= 0; at--) drop(osd.world.getItemAt(at));
    [item, source] = [null, null];
  };

  // Whether all that the present picture is made of is here for the next one.
  const ready = (coming) => osd.drawer.drawn.length > 0 && osd.drawer.drawn.every(({ level, row, column }) =>
    coming.channels.every((channel) => keptSamples(coming.place, { level, row, column, ...plane }, channel)));

  // The next picture comes up behind the present one, which stays until it can be replaced as a whole, or is too old.
  const put = (coming) => {
    const mine = ++turn;
    coming.onrefused = (error) => mine === turn && say(error.message);
    osd.addTiledImage({
      tileSource: coming, opacity: ready(coming) ? 1 : 0, preload: true,
      success: ({ item: made }) => {
        if (mine !== turn) return drop(made);
        const replace = () => {
          if (mine !== turn || item === made) return;
          clearTimeout(late);
          const before = Array.from({ length: osd.world.getItemCount() }, (_, k) => osd.world.getItemAt(k));
          made.setOpacity(1);
          before.filter((one) => one !== made).forEach(drop);
          [item, waiting] = [made, true];
          osd.forceRedraw();
        };
        const late = setTimeout(replace, item ? PATIENCE_MS : 0);
        if (made.getFullyLoaded()) replace();
        else made.addHandler("fully-loaded-change", ({ fullyLoaded }) => fullyLoaded && replace());
      },
    });
  };

  const tellMissing = (looks) => {
    const away = looks.map((channel) => [channel.name, ...missingPlanes(field, channel.index, plane)]);
    const none = away.filter(([, gone, of]) => gone === of).map(([name]) => name);
    const some = away.filter(([, gone, of]) => gone && gone < of);
    const said = some.map(([name, gone, of]) => `${name}: maximum over ${of - gone} of ${of} z planes, ${gone} have no image.`);
    if (none.length) {
      said.unshift(`No image of ${none.join(" and ")} here: missing in the export, or never acquired.`);
    }
    if (!looks.length) said.push("All channels are off.");
    say(said.join(" "), !looks.length || none.length === looks.length);
    return looks.filter(({ name }) => !none.includes(name));
  };

  /** Draw what state says of planes and channels: new tiles only where samples are needed that were not shown. */
  const refresh = () => {
    if (!field) return;
    plane = planeOf(field);
    const looks = looksOf(field);
    osd.drawer.setLook(looks);
    const channels = tellMissing(looks.filter((channel) => channel.on)).map(({ index }) => index);
    if (!channels.length) {
      turn += 1;
      return empty();
    }
    const key = JSON.stringify([place, field.version, plane]);
    if (source?.key === key && channels.every((channel) => source.channels.includes(channel))) return;
    source = Object.assign(new FieldSource(field, place, { channels, ...plane, finest }), { key });
    put(source);
  };

  /** Show a place; `view` is where to look, null for the whole field. */
  const show = async (next, view) => {
    const mine = ++asked;
    const leave = (text) => {
      turn += 1;
      [field, place] = [null, next];
      empty();
      say(text, true);
    };
    const late = setTimeout(() => mine === asked && leave("Loading …"), PATIENCE_MS);
    wanted = view;
    try {
      const found = await fieldOf(next);
      if (mine !== asked) return null;
      [field, place] = [found, next];
    } catch (error) {
      if (mine === asked) leave(error.message);
      return null;
    } finally {
      clearTimeout(late);
    }
    osd.canvas.setAttribute("aria-label", `Image of well ${place.well}, field ${place.field}`);
    keepLooks(field);
    look(wanted);
    refresh();
    return field;
  };

  const drawBar = () => {
    if (field) bar(now().zoom, field.pixel_um ? field.pixel_um[1] : null, size().x);
  };
  osd.addHandler("update-viewport", () => {
    drawBar();
    on.drawn?.();
    if (waiting && item?.getFullyLoaded()) {
      waiting = false;
      on.shown?.();
    }
  });
  for (const event of ["canvas-drag", "canvas-scroll", "canvas-pinch", "canvas-double-click"]) {
    osd.addHandler(event, () => { touched = true; });
  }
  osd.addHandler("viewport-change", () => field && touched && on.changed?.(now()));
  osd.addHandler("animation-finish", () => {
    if (!touched || !field) return;
    touched = false;
    wanted = rounded(at());
    look(wanted); // exactly what the address will say
    on.changed?.(wanted);
    on.moved?.(wanted);
  });
  // OpenSeadragon itself zooms once it has told of the new size.
  osd.addHandler("after-resize", () => queueMicrotask(() => field && look(wanted)));
  stage.addEventListener("pointermove", (event) => {
    if (!field) return;
    const box = stage.getBoundingClientRect();
    const { x, y, zoom } = now();
    const point = { x: x + (event.clientX - box.left - box.width / 2) / zoom,
      y: y + (event.clientY - box.top - box.height / 2) / zoom };
    const { width, height } = field.levels[0];
    on.pointed?.(point.x >= 0 && point.y >= 0 && point.x < width && point.y < height ? point : null);
  });
  stage.addEventListener("pointerleave", () => on.pointed?.(null));

  return {
    element, show, refresh, say,
    get field() { return field; },
    get place() { return place; },
    get plane() { return plane; },
    get canvas() { return osd.drawer.canvas; },
    get drawn() { return osd.drawer.drawn ?? []; },
    at: () => (field ? now() : null),
    wanted: () => wanted ?? (field ? rounded(at()) : null),
    /** Look elsewhere: by a link, a key, or the other view. */
    look(next, immediately = true) {
      if (!field) return;
      wanted = next;
      look(next, immediately || still.matches);
    },
    /** Zoom about the middle or move by shares of the view, as a user does. */
    zoomBy(factor) {
      if (!field) return;
      touched = true;
      osd.viewport.zoomBy(factor, null, still.matches);
      osd.viewport.applyConstraints(still.matches);
    },
    panBy(across, down) {
      if (!field) return;
      touched = true;
      const { width, height } = osd.viewport.getBounds(false);
      osd.viewport.panBy(new OpenSeadragon.Point(across * width, down * height), still.matches);
      osd.viewport.applyConstraints(still.matches);
    },
    samples: (channel) => samplesShown(osd.drawer.drawn ?? [], channel, [osd.drawer.canvas.width, osd.drawer.canvas.height]),
    close() {
      turn += 1;
      asked += 1;
      osd.destroy();
      element.replaceChildren();
    },
  };
}
