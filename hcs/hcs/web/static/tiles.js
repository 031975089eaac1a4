// OpenSeadragon's side of a field: where its tiles are, and how raw samples become what is drawn.
// It is imported once OpenSeadragon's own script has run. Levels need not be halves of each other.

import { compose } from "./compose.js";
import { cellSamples, cellSize } from "./pixels.js";

const { converter, DrawerBase, Point, Rect, TileSource } = OpenSeadragon;
const SAMPLES = "hcs-samples";
const LATER_MS = 400;

// Pixels of the screen a point; another one when the page is zoomed.
const density = () => OpenSeadragon.pixelDensityRatio;

// Samples are never changed, so that a copy is the same object.
converter.learn(SAMPLES, SAMPLES, (tile, samples) => samples, 0, 1);

/** Samples of one tile, and the canvas that they were last drawn on. */
class TileSamples {
  constructor(values, width, height) {
    this.values = values;
    [this.width, this.height] = [width, height];
    this.canvas = null;
    this.drawnAs = null;
  }

  picture(look) {
    if (this.drawnAs === look) return this.canvas;
    if (!this.canvas) {
      this.canvas = document.createElement("canvas");
      [this.canvas.width, this.canvas.height] = [this.width, this.height];
    }
    const layers = look.filter((channel) => channel.on && this.values.has(channel.index));
    const image = new ImageData(this.width, this.height);
    compose(image, layers.map((channel) => ({ ...channel, values: this.values.get(channel.index) })));
    this.canvas.getContext("2d").putImageData(image, 0, 0);
    this.drawnAs = look;
    return this.canvas;
  }
}

/**
 * A field at one time and depth, with the channels that are shown. OpenSeadragon's last level is the full one. `finest()`
 * gives the field's level that the present zoom needs: of the others only the smallest comes at once, to show something.
 */
export class FieldSource extends TileSource {
  constructor(field, place, { channels, t, z, finest }) {
    const { width, height } = field.levels[0];
    super({ width, height, tileSize: field.tile, minLevel: 0, maxLevel: field.levels.length - 1 });
    Object.assign(this, { field, place, channels, t, z, finest, drops: new Set() });
    this.maxLevel = field.levels.length - 1;
  }

  level(level) {
    return this.field.levels[this.maxLevel - level];
  }

  cell(level, column, row) {
    return { level: this.maxLevel - level, row, column, t: this.t, z: this.z };
  }

  getLevelScale(level) {
    return this.level(level).width / this.dimensions.x;
  }

  getNumTiles(level) {
    const { width, height } = this.level(level);
    return new Point(Math.ceil(width / this.field.tile), Math.ceil(height / this.field.tile));
  }

  getPixelRatio(level) {
    const { width, height } = this.level(level);
    return new Point(density() / width, density() / height);
  }

  getTileAtPoint(level, point) {
    const { width, height } = this.level(level);
    const most = this.getNumTiles(level);
    const column = Math.floor((point.x * width) / this.field.tile);
    const row = Math.floor((point.y * this.aspectRatio * height) / this.field.tile);
    return new Point(Math.min(column, most.x - 1), Math.min(row, most.y - 1));
  }

  getTileBounds(level, column, row, isSource) {
    const { width, height } = this.level(level);
    const [tileWidth, tileHeight] = cellSize(this.field, { level: this.maxLevel - level, row, column });
    if (isSource) return new Rect(0, 0, tileWidth, tileHeight);
    const tall = 1 / this.aspectRatio;
    return new Rect((column * this.field.tile) / width, ((row * this.field.tile) / height) * tall,
      tileWidth / width, (tileHeight / height) * tall);
  }

  getTileUrl(level, column, row) {
    const { plate, well, field } = this.place;
    return ["hcs", plate, well, field, this.t, this.z, this.channels.join(","), level, row, column].join("/");
  }

  hasTransparency() {
    return false;
  }

  downloadTileStart(job) {
    const { level, x, y } = job.tile;
    const cell = this.cell(level, x, y);
    const urgent = cell.level <= this.finest() || level === 0;
    const timer = setTimeout(() => this.fetch(job, cell), urgent ? 0 : LATER_MS);
    this.dropped(job, () => clearTimeout(timer));
  }

  fetch(job, cell) {
    const asked = cellSamples(this.field, this.place, cell, this.channels);
    this.dropped(job, asked.drop);
    asked.promise.then(
      (values) => job.finish(new TileSamples(values, ...cellSize(this.field, cell)), null, SAMPLES),
      (error) => {
        if (error.name === "AbortError") return;
        this.onrefused?.(error);
        job.fail(error.message, null);
      });
  }

  // A job that nobody waits for any more is neither finished nor failed: OpenSeadragon would call that a fault.
  dropped(job, drop) {
    this.drops.delete(job.userData.drop);
    job.userData.drop = () => {
      clearTimeout(job.jobId);
      drop();
    };
    this.drops.add(job.userData.drop);
  }

  /** Tiles that are still on their way are not wanted any more. */
  cancel() {
    for (const drop of this.drops) drop();
    this.drops.clear();
  }

  downloadTileAbort(job) {
    job.userData.drop?.();
  }
}

/** Draws tiles from their samples with the look that holds, whole pixels to whole pixels of the screen. */
export class FieldDrawer extends DrawerBase {
  constructor(options) {
    super(options);
    this.context = this.canvas.getContext("2d");
    this.look = [];
    this.drawn = [];
  }

  static isSupported() {
    return true;
  }

  getType() {
    return "hcs";
  }

  getSupportedDataFormats() {
    return [SAMPLES];
  }

  _createDrawingElement() {
    return document.createElement("canvas");
  }

  canRotate() {
    return false;
  }

  setImageSmoothingEnabled() {
    // Decided at each drawing: pixels that are larger than the screen's are seen as pixels.
  }

  destroy() {
    super.destroy();
    this.canvas.remove();
  }

  /** Change colours and windows: what is on the screen is drawn again from the samples that are here. */
  setLook(look) {
    this.look = look;
    this.viewer.forceRedraw();
  }

  draw(items) {
    const size = this._calculateCanvasSize();
    if (this.canvas.width !== size.x) this.canvas.width = size.x;
    if (this.canvas.height !== size.y) this.canvas.height = size.y;
    this.context.clearRect(0, 0, size.x, size.y);
    this.drawn = [];
    for (const item of items) {
      if (item.opacity === 0) continue;
      const zoom = item.viewportToImageZoom(this.viewport.getZoom(true)) * density();
      this.context.imageSmoothingEnabled = zoom < 1;
      const tiles = item.getTilesToDraw().map(({ tile }) => tile);
      for (const tile of tiles) this.drawTile(item, tile);
      this._raiseTiledImageDrawnEvent(item, tiles);
    }
  }

  drawTile(item, tile) {
    const samples = this.getDataToDraw(tile);
    if (!samples) return;
    const { position: { x, y }, size } = tile;
    const [left, top, right, bottom] = [x, y, x + size.x, y + size.y].map((at) => Math.round(at * density()));
    this.context.drawImage(samples.picture(this.look), left, top, right - left, bottom - top);
    this.drawn.push({ samples, ...item.source.cell(tile.level, tile.x, tile.y), box: [left, top, right, bottom] });
  }
}
