// The viewer's own keys.

import { registerKeys } from "./keys.js";
import { overlaysOn, setOverlay } from "./overlays.js";
import { stepPlane, toggleMaximum } from "./planes.js";

const PAN = 0.15; // of the view
const DIGITS = ["1", "2", "3", "4", "5", "6", "7", "8", "9"];

let hidden = null; // overlays that "v" has switched off, to be switched on again

function toggleOverlays(field) {
  const on = overlaysOn();
  if (on.length) hidden = on;
  const names = on.length ? on : hidden ?? field.overlays.filter(({ why }) => !why).map(({ name }) => name);
  for (const name of names) setOverlay(name, !on.length);
}

/** Register the keys for a viewer's actions. Gives what takes them back. */
export function viewerKeys(viewer) {
  const places = "Places";
  const image = "Image";
  const channels = "Channels and planes";
  const within = ".viewer .frame"; // elsewhere arrows scroll the page
  const { go } = viewer;
  const onField = (run) => () => viewer.field() && run(viewer.field());
  const pan = (across, down) => () => viewer.pane()?.panBy(across * PAN, down * PAN);
  return registerKeys([
    { keys: ["n", "."], title: "next field", group: places, run: () => go(1, "field") },
    { keys: ["p", ","], title: "field before", group: places, run: () => go(-1, "field") },
    { keys: ["N", ">"], title: "next well", group: places, run: () => go(1, "well") },
    { keys: ["P", "<"], title: "well before", group: places, run: () => go(-1, "well") },
    { keys: ["s"], title: "a second view beside this one, or not", group: places, run: viewer.toggleBeside },
    { keys: ["l"], title: "both views move together, or not", group: places, run: viewer.toggleLink },
    { keys: ["x"], title: "the other view is the one that keys move", group: places, run: viewer.swap },
    { keys: ["+", "="], title: "zoom in", group: image, run: () => viewer.pane()?.zoomBy(1.5) },
    { keys: ["-", "_"], title: "zoom out", group: image, run: () => viewer.pane()?.zoomBy(1 / 1.5) },
    { keys: ["0"], title: "the whole field", group: image, run: () => viewer.lookAt(null) },
    { keys: ["o"], title: "a pixel on a pixel", group: image, run: viewer.natural },
    { keys: ["ArrowLeft"], title: "move left", group: image, within, run: pan(-1, 0) },
    { keys: ["ArrowRight"], title: "move right", group: image, within, run: pan(1, 0) },
    { keys: ["ArrowUp"], title: "move up", group: image, within, run: pan(0, -1) },
    { keys: ["ArrowDown"], title: "move down", group: image, within, run: pan(0, 1) },
    { keys: ["v"], title: "overlays off, and on again", group: image, run: onField(toggleOverlays) },
    { keys: ["g"], title: "save what is seen as PNG", group: image, run: viewer.save },
    { keys: ["L"], title: "copy the link to this view", group: image, run: viewer.copy },
    { keys: ["a"], title: "windows from what is on the screen", group: channels, run: viewer.channels.auto },
    { keys: ["r"], title: "windows and colours of the plate", group: channels, run: viewer.channels.reset },
    { keys: ["d"], title: "next z plane", group: channels, run: onField((field) => stepPlane(field, "z", 1)) },
    { keys: ["u"], title: "z plane before", group: channels, run: onField((field) => stepPlane(field, "z", -1)) },
    { keys: ["m"], title: "maximum over z, or one plane", group: channels, run: onField(toggleMaximum) },
    { keys: ["t"], title: "next time", group: channels, run: onField((field) => stepPlane(field, "t", 1)) },
    { keys: ["T"], title: "time before", group: channels, run: onField((field) => stepPlane(field, "t", -1)) },
    { keys: DIGITS, upTo: DIGITS.at(-1), title: "channel on or off", group: channels,
      run: ({ key }) => viewer.channels.toggle(Number(key) - 1) },
  ]);
}
