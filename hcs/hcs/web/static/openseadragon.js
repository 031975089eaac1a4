// OpenSeadragon's own script, loaded when a field is first looked at, and our tiles for it.

let loading = null;

function loaded() {
  return new Promise((resolve, reject) => {
    // It adds a rule of style to the page, which the page's policy refuses, unless it finds that it is there: an element
    // of that name, of no language that has styles, is taken for it.
    const rule = document.createElementNS("http://www.w3.org/1998/Math/MathML", "style");
    rule.dataset.openseadragonMobileCss = "true";
    document.head.append(rule);
    if (globalThis.OpenSeadragon) return resolve();
    const script = document.createElement("script");
    script.src = new URL("openseadragon/openseadragon.min.js", import.meta.url);
    script.addEventListener("load", resolve);
    script.addEventListener("error", () => reject(new Error("The viewer's script could not be loaded.")));
    document.head.append(script);
  });
}

/** Take no notice of a tile that comes when another field is already shown. */
function quieten() {
  const told = globalThis.console;
  const warn = (text, ...more) => String(text).startsWith("Ignoring tile") || told.warn(text, ...more);
  globalThis.OpenSeadragon.console = Object.assign(Object.create(told), { warn });
}

/** `{FieldSource, FieldDrawer}`, with OpenSeadragon there. */
export function openTiles() {
  loading ??= loaded().then(quieten).then(() => import("./tiles.js"));
  return loading;
}
