// Raw samples from the server, kept by cell and channel, so that contrast and colour never ask for them again.
// A cell is a square of the grid that the server sends a level in.

import { pathOf } from "./api.js";

const BUDGET = 256 * 2 ** 20; // bytes kept; what was used last stays
const KINDS = { uint8: Uint8Array, uint16: Uint16Array };

const kept = new Map();
const running = new Map();
let bytes = 0;

/** Width and height of a cell: those at the right and lower edge are smaller. */
export function cellSize(field, { level, row, column }) {
  const { width, height } = field.levels[level];
  return [Math.min(field.tile, width - column * field.tile), Math.min(field.tile, height - row * field.tile)];
}

const base = (place, { level, row, column, t, z }) => `${pathOf(place)}/${level}/${row}/${column}?t=${t}&z=${z}`;

function keep(key, values) {
  kept.set(key, values);
  bytes += values.byteLength;
  for (const [oldest, old] of kept) {
    if (bytes <= BUDGET) break;
    kept.delete(oldest);
    bytes -= old.byteLength;
  }
}

/** Samples of a cell's channel if they are here. */
export function keptSamples(place, cell, channel) {
  const key = `${base(place, cell)}&c=${channel}`;
  const values = kept.get(key);
  if (values) {
    kept.delete(key);
    kept.set(key, values);
  }
  return values ?? null;
}

async function fetched(field, place, cell, channels, signal) {
  const address = base(place, cell).replace("?", `?c=${channels.join(",")}&`) +
    (field.version === undefined ? "" : `&v=${encodeURIComponent(field.version)}`);
  const response = await fetch(`/api/pixels/${address}`, { signal });
  if (!response.ok) {
    const body = await response.json().catch(() => null);
    throw new Error(body?.error ?? `The pixels of ${place.well} were refused (status ${response.status}).`);
  }
  const body = await response.arrayBuffer();
  const Kind = KINDS[field.dtype] ?? Float32Array;
  const [width, height] = cellSize(field, cell);
  const expected = width * height * channels.length * Kind.BYTES_PER_ELEMENT;
  if (body.byteLength !== expected) {
    throw new Error(`The server sent ${body.byteLength} bytes where ${expected} were expected.`);
  }
  const samples = new Kind(body);
  channels.forEach((channel, at) => keep(
    `${base(place, cell)}&c=${channel}`, samples.subarray(at * width * height, (at + 1) * width * height)));
}

/**
 * Get a cell's samples, those that are not here by one request. Gives `{promise, drop}`: a Map of channel to
 * samples, and what says that they are not wanted any more.
 */
export function cellSamples(field, place, cell, channels) {
  const keyOf = (channel) => `${base(place, cell)}&c=${channel}`;
  const found = new Map();
  const away = [];
  for (const channel of channels) {
    const values = keptSamples(place, cell, channel);
    if (values) found.set(channel, values);
    else away.push(channel);
  }
  const fresh = away.filter((channel) => !running.has(keyOf(channel)));
  if (fresh.length) {
    const controller = new AbortController();
    const job = { wanted: 0, controller, promise: null, keys: fresh.map(keyOf) };
    for (const key of job.keys) running.set(key, job);
    job.promise = fetched(field, place, cell, fresh, controller.signal).finally(
      () => job.keys.forEach((key) => running.get(key) === job && running.delete(key)));
  }
  const jobs = [...new Set(away.map((channel) => running.get(keyOf(channel))))];
  for (const job of jobs) job.wanted += 1;
  const promise = Promise.all(jobs.map((job) => job.promise)).then(() => {
    for (const channel of away) found.set(channel, keptSamples(place, cell, channel));
    return found;
  });
  let dropped = false;
  const drop = () => {
    if (dropped) return;
    dropped = true;
    for (const job of jobs) {
      job.wanted -= 1;
      if (job.wanted) continue;
      job.controller.abort();
      job.keys.forEach((key) => running.get(key) === job && running.delete(key));
    }
  };
  return { promise, drop };
}
