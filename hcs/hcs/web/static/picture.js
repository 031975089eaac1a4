// The view as a PNG: what is seen, the overlays that are on, a scale bar, and a line that says what it is.

import { colourName, looksOf } from "./channels.js";
import { planeWords } from "./planes.js";
import { drawBar } from "./scalebar.js";

const INK = "#1b2733";

const levelText = (value) => String(Number(value.toPrecision(5)));

/** Lines beneath a picture: place and plane; channels with colour and window; overlays. */
export function captionLines(plateName, { field, place, plane }, overlays) {
  const lines = [[plateName, `well ${place.well}`, `field ${place.field}`, planeWords(field, plane)].filter(Boolean).join(", ")];
  const on = looksOf(field).filter((look) => look.on);
  lines.push(on.map(({ name, colour, low, high }) =>
    `${name} ${colourName(colour)} ${levelText(low)} to ${levelText(high)}`).join("; ") || "all channels off");
  if (overlays.length) lines.push(`Overlays: ${overlays.join(", ")}`);
  return lines;
}

// Words that do not fit on a line go to the next one.
function wrapped(context, lines, width) {
  const fitting = [];
  for (const line of lines) {
    let now = "";
    for (const word of line.split(" ")) {
      if (now && context.measureText(`${now} ${word}`).width > width) {
        fitting.push(now);
        now = word;
      } else now = now ? `${now} ${word}` : word;
    }
    fitting.push(now);
  }
  return fitting;
}

function drawHatch(context, x, width, height) {
  context.save();
  context.beginPath();
  context.rect(x, 0, width, height);
  context.clip();
  context.fillStyle = "#3a434c";
  context.fillRect(x, 0, width, height);
  context.strokeStyle = "#5d6974";
  context.lineWidth = 2;
  context.beginPath();
  for (let at = -height; at < width; at += 14) {
    context.moveTo(x + at, height);
    context.lineTo(x + at + height, 0);
  }
  context.stroke();
  context.restore();
}

/**
 * Draw views beside each other with a caption beneath each. A part is `{canvas, pane, layer, lines, points}`: the
 * drawn canvas, the view, its overlays, the caption, device points a CSS point.
 */
export function drawnPicture(parts) {
  const gap = parts.length > 1 ? 12 : 0;
  const letters = Math.round(13 * parts[0].points);
  const picture = document.createElement("canvas");
  const context = picture.getContext("2d");
  const font = `${letters}px system-ui, "DejaVu Sans", sans-serif`;
  context.font = font;
  const told = parts.map(({ canvas, lines }) => wrapped(context, lines, canvas.width - letters));
  const tall = Math.max(...parts.map(({ canvas }) => canvas.height));
  const line = Math.round(letters * 1.45);
  const beneath = Math.max(...told.map((lines) => lines.length)) * line + letters;
  picture.width = parts.reduce((sum, { canvas }) => sum + canvas.width, gap * (parts.length - 1));
  picture.height = tall + beneath;
  context.fillStyle = "#fff";
  context.fillRect(0, 0, picture.width, picture.height);
  let x = 0;
  parts.forEach(({ canvas, pane, layer, points }, at) => {
    const { width, height } = canvas;
    context.fillStyle = "#000";
    context.fillRect(x, 0, width, height);
    if (pane.drawn.length) context.drawImage(canvas, x, 0);
    else drawHatch(context, x, width, height);
    const over = document.createElement("canvas");
    [over.width, over.height] = [width, height];
    layer.drawOn(over.getContext("2d"), [width, height], pane.at(), points);
    context.drawImage(over, x, 0);
    const pixelUm = pane.field.pixel_um ? pane.field.pixel_um[1] : null;
    drawBar(context, { right: x + width, bottom: height, width, zoom: pane.at().zoom * points, pixelUm, letters });
    context.font = font;
    context.textBaseline = "top";
    context.fillStyle = INK;
    told[at].forEach((text, row) => context.fillText(text, x + letters / 2, tall + letters / 2 + row * line));
    x += width + gap;
  });
  return picture;
}

const safe = (text) => text.replace(/[^\p{L}\p{N}._-]+/gu, "-");

/** A name for the file: "P1_B03_field-1", both places for two views. */
export const pictureName = (places) => places.map(({ name, well, field }) =>
  [name, well, `field-${field}`].map(safe).join("_")).join("_beside_") + ".png";

/** Save a canvas as a PNG file of this name. */
export async function savePicture(canvas, name) {
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
  if (!blob) throw new Error("The picture is too large for this browser; make the window smaller.");
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
