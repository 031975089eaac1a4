"use strict";
// Where a reader's page that is one file gets images and keeps answers: the file, and this browser.
window.hcsReader = (() => {
  const data = JSON.parse(document.getElementById("pack").textContent);
  const place = `hcs-reader ${data.pack} ${data.about.reader}`;
  const random = () => Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) =>
    byte.toString(16).padStart(2, "0")).join("");
  let kept = { session: random(), log: [] };
  let keeps = true, saved = 0;

  // What another tab has added counts; where the browser keeps nothing, memory is all there is.
  const read = () => {
    if (!keeps) return;
    let text = null;
    try {
      text = localStorage.getItem(place);
    } catch {
      keeps = false;
    }
    if (text !== null) kept = JSON.parse(text);
  };
  const write = () => {
    if (!keeps) return;
    try {
      localStorage.setItem(place, JSON.stringify(kept));
    } catch {
      keeps = false;
    }
  };
  const state = () => ({
    revision: kept.log.length,
    answered: kept.log.reduce((sum, one) => sum + (one.call === null ? -1 : 1), 0),
  });

  const start = async () => {
    read();
    write();
    return { ...data.about, ...state() };
  };
  const picture = async (position) => data.images[position];
  const click = async (one) => {
    read();
    if (kept.log.length !== one.revision) {
      return { refused: "These answers were gone on with in another tab; here is where they stand.", state: state() };
    }
    kept.log.push({ ...one, answered_at: new Date().toISOString() });
    write();
    return { state: state(), label: data.labels[one.position] ?? null };
  };

  // The file to send back. A spreadsheet must not take a name for a formula; a cut file must be noticed.
  const cell = (value) => {
    let text = value === null ? "" : String(value);
    if (/^'*(?:[=@\t\r\n]|[+-].)/s.test(text)) text = `'${text}`;
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const checkSum = (text) => {
    let sum = ~0;
    for (const byte of new TextEncoder().encode(text)) {
      sum ^= byte;
      for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1;
    }
    return (~sum >>> 0).toString(16).padStart(8, "0");
  };
  const table = () => {
    const lines = kept.log.map((one) => [data.about.reader, data.pack, kept.session, one.click, one.position,
      one.call, one.sure === null ? null : one.sure ? "yes" : "no", one.seconds.toFixed(3), one.answered_at]);
    const text = [data.columns, ...lines].map((line) => `${line.map(cell).join(",")}\n`).join("");
    return `${text}end,${lines.length},${checkSum(text)}\n`;
  };
  const save = () => {
    read();
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([table()], { type: "text/csv" }));
    link.download = `${data.about.reader}.csv`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
    saved = kept.log.length;
  };

  return {
    start, picture, click, save,
    finished: "Save the answers as a file, and send it to whom you had this page from.",
    unsaved: () => !keeps && kept.log.length > saved,
    stored: () => (keeps
      ? "Kept in this browser on this machine, not sent: you may close the page and open it again."
      : "This browser keeps nothing of pages from a file: save the answers before you close or reload it."),
  };
})();
