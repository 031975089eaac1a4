"use strict";
// Makes the plates of a page answer: point at a well to read it, pick it for its rows and pictures.
// All text is set as text, never as markup, so that a name in a platemap stays a name.
(() => {
  const make = (tag, text, parent) => {
    const made = document.createElement(tag);
    if (text !== undefined) made.textContent = text;
    if (parent) parent.append(made);
    return made;
  };
  const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
  const within = (place, count) => Math.max(0, Math.min(count - 1, place));
  const letters = (row) => (row < 26 ? "" : String.fromCharCode(64 + Math.floor(row / 26))) +
    String.fromCharCode(65 + (row % 26));
  const wellName = (row, column) => letters(row) + String(column + 1).padStart(2, "0");

  const tip = make("div", undefined, document.body);
  tip.className = "tip";
  tip.hidden = true;
  tip.setAttribute("aria-hidden", "true");

  const answer = (box) => {
    const data = JSON.parse(box.querySelector("script").textContent);
    const panel = box.querySelector(".picked"); // A page that shows picked wells itself has none.
    if (panel) make("p", "Point at a well to read it. Click it, or move with the arrow keys and press Enter, for its " +
      (data.parts.length ? data.units + "." : "record."), panel).className = "small";

    const told = (plate, well) => {
      const own = plate.wells[well];
      if (!own) return [["well", "not in the table"]];
      const [value, n, shown, ...about] = own;
      const lines = [[data.value, value]];
      if (shown === "–" && value !== "–") lines.push(["left out", "included is false"]);
      else if (data.difference) lines.push(["minus plate median", shown]);
      if (data.units) lines.push(["n (" + data.units + ")", n]);
      about.forEach((one, at) => one !== "–" && lines.push([data.about[at], one]));
      if (plate.dimmed && plate.dimmed.includes(well)) lines.push(["filters", "not met"]);
      return lines;
    };

    const show = (plate, well) => {
      panel.replaceChildren();
      panel.classList.add("shown");
      make("h3", (data.plates.length > 1 ? plate.name + ", " : "") + well, panel);
      const list = make("dl", undefined, panel);
      for (const [name, value] of told(plate, well)) {
        const pair = make("div", undefined, list);
        make("dt", name, pair);
        make("dd", value, pair);
      }
      const rows = plate.rows[well] || [];
      if (rows.length > 1 || data.parts.length > 1) {
        const scroll = make("div", undefined, panel);
        scroll.className = "scroll";
        scroll.tabIndex = 0;
        scroll.setAttribute("role", "region");
        scroll.setAttribute("aria-label", data.units + " of " + well);
        const table = make("table", undefined, scroll);
        const head = make("tr", undefined, make("thead", undefined, table));
        for (const name of data.parts) make("th", name, head).scope = "col";
        const body = make("tbody", undefined, table);
        for (const row of rows) {
          const line = make("tr", undefined, body);
          for (const value of row) make("td", value, line);
        }
      }
      const pictures = make("div", undefined, panel);
      pictures.className = "fields";
      for (const [caption, source] of plate.pictures[well] || []) {
        const figure = make("figure", undefined, pictures);
        const image = make("img", undefined, figure);
        image.src = source;
        image.alt = plate.name + " " + well + ", " + caption;
        make("figcaption", caption, figure);
      }
    };

    for (const svg of box.querySelectorAll("svg.plate")) {
      const plate = data.plates[+svg.dataset.number], rows = +svg.dataset.rows, columns = +svg.dataset.columns;
      const mark = svg.querySelector(".mark"), named = svg.getAttribute("aria-label");
      let row = 0, column = 0;
      svg.setAttribute("role", "application");
      svg.setAttribute("tabindex", "0");
      svg.setAttribute("aria-roledescription", "plate");

      const point = (event) => {
        const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
        const inside = at.x >= 0 && at.y >= 0 && at.x < columns && at.y < rows;
        return inside ? [Math.floor(at.y), Math.floor(at.x)] : null;
      };
      const move = (toRow, toColumn) => {
        [row, column] = [toRow, toColumn];
        mark.setAttribute("x", column);
        mark.setAttribute("y", row);
        mark.setAttribute("visibility", "visible");
      };
      const speak = (x, y) => {
        tip.replaceChildren();
        make("strong", plate.name + " " + wellName(row, column), tip);
        for (const [name, value] of told(plate, wellName(row, column))) make("div", name + ": " + value, tip);
        tip.hidden = false;
        tip.style.left = Math.max(4, Math.min(x + 14, innerWidth - tip.offsetWidth - 8)) + "px";
        tip.style.top = (y + 18 + tip.offsetHeight > innerHeight ? y - tip.offsetHeight - 10 : y + 18) + "px";
      };
      const still = () => { tip.hidden = true; };
      // The panel stands over the plates; the picked well moves out from under it.
      const uncover = () => {
        const covered = mark.getBoundingClientRect().bottom + 8 - panel.getBoundingClientRect().top;
        if (covered <= 0) return;
        still();
        scrollBy({ top: covered, behavior: "instant" });
      };
      const pick = (beside) => {
        const well = wellName(row, column), number = +svg.dataset.number;
        const detail = { plate: plate.name, number, well, beside };
        svg.dispatchEvent(new CustomEvent("pick", { bubbles: true, detail }));
        if (!panel) return still();
        show(plate, well);
        uncover();
        for (const image of panel.querySelectorAll("img")) image.addEventListener("load", uncover);
      };
      const speakHere = () => {
        move(row, column);
        const place = mark.getBoundingClientRect();
        speak(place.right, place.bottom);
        svg.setAttribute("aria-label", plate.name + " " + wellName(row, column) + ": " +
          told(plate, wellName(row, column)).map((line) => line.join(" ")).join(", "));
      };

      svg.addEventListener("pointermove", (event) => {
        const at = point(event);
        if (!at) return still();
        move(...at);
        speak(event.clientX, event.clientY);
      });
      svg.addEventListener("pointerleave", still);
      svg.addEventListener("focus", () => { if (svg.matches(":focus-visible")) speakHere(); });
      svg.addEventListener("blur", () => {
        still();
        svg.setAttribute("aria-label", named);
      });
      svg.addEventListener("click", (event) => {
        const at = point(event);
        if (!at) return;
        move(...at);
        pick(event.shiftKey);
      });
      // The page has gone to a well by itself: the arrow keys go on from there.
      svg.addEventListener("place", (event) => { [row, column] = event.detail; });
      svg.addEventListener("keydown", (event) => {
        const step = STEPS[event.key];
        if (event.key === "Escape") still();
        if (event.key === "Enter" || event.key === " ") {
          event.preventDefault();
          move(row, column);
          pick(event.shiftKey);
        }
        if (!step) return;
        event.preventDefault();
        [row, column] = [within(row + step[0], rows), within(column + step[1], columns)];
        speakHere();
      });
    }
  };

  document.querySelectorAll(".plates").forEach(answer);
  document.addEventListener("plates", (event) => answer(event.target)); // They came later than the page.
})();
