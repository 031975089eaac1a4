// How channels look: on or off, colour, window. Kept by the channel's name, so that it stays from well to well.

import { state } from "./state.js";

const FIRST_ON = 4;

/** Colours that have a name. The first three are those of the reports' pictures. */
export const COLOURS = {
  green: "00ff00", magenta: "ff00ff", grey: "ffffff", blue: "0000ff", cyan: "00ffff", red: "ff0000", yellow: "ffff00",
};

/** A colour's name, or "#rrggbb". */
export const colourName = (colour) =>
  Object.keys(COLOURS).find((name) => COLOURS[name] === colour.toLowerCase()) ?? `#${colour.toLowerCase()}`;

const number = (value) => Number(value.toPrecision(6));

function written(looks) {
  return [...looks].map(([name, { on, colour, low, high }]) =>
    [encodeURIComponent(name), on ? 1 : 0, colour, number(low), number(high)].join(":")).join(";");
}

function plain(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function stated() {
  const looks = new Map();
  for (const part of (state.get("ch") ?? "").split(";")) {
    const [name, on, colour, low, high] = part.split(":");
    const window = [Number(low), Number(high)];
    if (!name || !/^[0-9a-f]{6}$/i.test(colour) || !window.every(Number.isFinite)) continue;
    looks.set(plain(name), { on: on === "1", colour, low: window[0], high: window[1] });
  }
  return looks;
}

const own = (channel, at) => ({ on: at < FIRST_ON, colour: channel.colour, low: channel.low, high: channel.high });

/** Looks of a field's channels in their order: `{index, name, on, colour, low, high}`. */
export function looksOf(field) {
  const looks = stated();
  return field.channels.map((channel, index) => (
    { index, name: channel.name, ...(looks.get(channel.name) ?? own(channel, index)) }));
}

/** Keep the looks that a field is shown with, so that the next field is shown with the same. */
export function keepLooks(field) {
  const looks = stated();
  const fresh = field.channels.filter(({ name }) => !looks.has(name));
  if (!fresh.length) return;
  field.channels.forEach((channel, at) => looks.has(channel.name) || looks.set(channel.name, own(channel, at)));
  state.set({ ch: written(looks) });
}

/** Change the look of channels: `{name: {low, high}, …}`. */
export function changeLooks(field, changes) {
  const looks = stated();
  field.channels.forEach((channel, at) => {
    if (!(channel.name in changes)) return;
    looks.set(channel.name, { ...(looks.get(channel.name) ?? own(channel, at)), ...changes[channel.name] });
  });
  state.set({ ch: written(looks) });
}

/** Windows, colours and what is on as the plate has them. */
export function resetLooks(field) {
  changeLooks(field, Object.fromEntries(field.channels.map((channel, at) => [channel.name, own(channel, at)])));
}
