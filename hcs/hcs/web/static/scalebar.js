// A scale bar on what is seen: a round length that takes about a fifth of the width.

import { make } from "./make.js";

const SHARE = 0.22; // longest part of the width, as on the reports' pictures

/** Bar for a width of `width` points at `scale` points a µm: `{um, points}`. */
export function barOf(width, scale) {
  const most = (SHARE * width) / scale;
  const power = 10 ** Math.floor(Math.log10(most));
  const um = Math.max(...[1, 2, 5].map((step) => step * power).filter((length) => length <= most * (1 + 1e-9)));
  return { um, points: um * scale };
}

/** "50 µm", "0.2 µm", "2 mm". */
export const lengthText = (um) => um >= 1000 ? `${Number((um / 1000).toPrecision(3))} mm` : `${Number(um.toPrecision(3))} µm`;

const UNKNOWN = "pixel size not known";

/** The bar as an element; gives what draws it for a zoom (points a pixel) and a pixel's width (µm or null). */
export function scaleBar(parent) {
  const box = make("div", { class: "scalebar" }, parent);
  const said = make("span", {}, box);
  const line = make("i", { "aria-hidden": "true" }, box);
  return (zoom, pixelUm, width) => {
    box.classList.toggle("unknown", pixelUm === null);
    if (pixelUm === null) {
      said.textContent = UNKNOWN;
      return;
    }
    const { um, points } = barOf(width, zoom / pixelUm);
    said.textContent = lengthText(um);
    line.style.width = `${points}px`;
  };
}

/** Draw the bar on a picture whose lower right corner is at (right, bottom): white within black. */
export function drawBar(context, { right, bottom, width, zoom, pixelUm, letters }) {
  context.save();
  context.font = `600 ${letters}px system-ui, "DejaVu Sans", sans-serif`;
  context.textBaseline = "bottom";
  context.lineJoin = "round";
  const [away, thick] = [letters * 0.8, Math.max(3, Math.round(letters / 3.5))];
  const inked = (text, x, y) => {
    context.strokeStyle = "#000";
    context.lineWidth = letters / 4;
    context.strokeText(text, x, y);
    context.fillStyle = "#fff";
    context.fillText(text, x, y);
  };
  if (pixelUm === null) {
    context.textAlign = "right";
    inked(UNKNOWN, right - away, bottom - away);
  } else {
    const { um, points } = barOf(width, zoom / pixelUm);
    const length = Math.round(points);
    const [x, y] = [Math.round(right - away) - length, Math.round(bottom - away) - thick];
    context.fillStyle = "#000";
    context.fillRect(x - 1, y - 1, length + 2, thick + 2);
    context.fillStyle = "#fff";
    context.fillRect(x, y, length, thick);
    context.textAlign = "center";
    inked(lengthText(um), x + length / 2, y - 3);
  }
  context.restore();
}
