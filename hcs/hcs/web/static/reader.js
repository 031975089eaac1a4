"use strict";
// A reader's page: one image, two classes, sure or unsure. The script before this one says where images come
// from and where answers go (`hcsReader`): a server, or this browser. All text is set as text.
(() => {
  const backend = window.hcsReader;
  const at = (id) => document.getElementById(id);
  const make = (tag, text, parent) => {
    const made = document.createElement(tag);
    if (text !== undefined) made.textContent = text;
    if (parent) parent.append(made);
    return made;
  };
  const pause = (ms) => new Promise((go) => { setTimeout(go, ms); addEventListener("online", go, { once: true }); });
  const VIEWS = ["login", "start", "look", "rest", "end"];
  // Which key is which class and how sure; the order of the buttons on a wide page.
  const KEYS = { d: [0, false], f: [0, true], j: [1, true], k: [1, false] };
  const FIRST_WAIT = 500, LONGEST_WAIT = 8000, DOUBLE_MS = 250, BESIDE_PX = 272;

  let about = null;      // what is asked, of whom
  let base = null;       // {revision, answered}: what is stored
  let queue = [];        // clicks that nobody has acknowledged yet, the oldest first
  let late = "";         // why they wait
  let view = "", since = 0, ready = false, labelled = false, rested = false, turn = 0;
  let sending = false, moved = () => {};
  const pictures = new Map();

  const stands = () => ({
    revision: base.revision + queue.length,
    answered: base.answered + queue.reduce((sum, one) => sum + (one.call === null ? -1 : 1), 0),
  });
  const training = (position) => position < about.training;
  const clickId = () => Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) =>
    byte.toString(16).padStart(2, "0")).join("");

  const go = (name, focus) => {
    view = name;
    for (const one of VIEWS) at(one).hidden = one !== name;
    at("leave").hidden = !about || !backend.leave;
    at("file").hidden = !about || !backend.save || name === "start" || name === "rest";
    at("save").classList.toggle("main", name === "end");
    (focus || at(name).querySelector("h2")).focus();
  };
  const readied = (is) => {
    ready = is;
    at("frame").setAttribute("aria-busy", String(!is));
  };
  const notice = (text) => { at("notice").textContent = text; };

  const tellSaved = () => {
    const line = at("saved");
    const waits = queue.length;
    line.classList.toggle("late", Boolean(late));
    if (late) line.textContent = `Not saved yet: ${waits} ${waits === 1 ? "click" : "clicks"}. ${late} Sending again …`;
    else line.textContent = waits ? "Saving …" : base.answered ? backend.stored() : "";
    at("undo").disabled = labelled || stands().answered <= about.training;
  };

  // Images -----------------------------------------------------------------------------------------------
  const load = async (position) => {
    const image = new Image();
    image.src = await backend.picture(position);
    image.alt = "The image to judge";
    image.draggable = false;
    await image.decode();
    return image;
  };
  const picture = (position) => {
    if (!pictures.has(position)) {
      const loading = load(position);
      pictures.set(position, loading);
      loading.catch(() => pictures.delete(position));
    }
    return pictures.get(position);
  };
  const preload = (position) => {
    for (const [place, old] of pictures) {
      if (Math.abs(place - position) <= 3) continue;
      pictures.delete(place);
      old.then((image) => URL.revokeObjectURL(image.src), () => {});
    }
    if (position < about.total) picture(position).catch(() => {});
  };
  // As large as was planned if there is room; else as there is, crisp (a whole number of screen pixels for each
  // of the image's) unless that would make it much smaller.
  const fit = (image) => {
    const [height, width] = about.size, scale = devicePixelRatio || 1, frame = at("frame");
    const style = getComputedStyle(frame);
    const wide = frame.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    const tall = Math.max(innerHeight - BESIDE_PX, innerHeight / 2);
    const most = Math.min((wide * scale) / width, (tall * scale) / height, about.enlarged * scale);
    const times = Math.floor(most) >= 0.8 * most ? Math.floor(most) : most;
    image.classList.toggle("smooth", times !== Math.floor(times));
    image.style.width = `${(width * times) / scale}px`;
    image.style.height = `${(height * times) / scale}px`;
  };

  const show = async () => {
    const mine = ++turn, position = stands().answered;
    readied(false);
    labelled = false;
    at("label").textContent = "";
    at("next").hidden = true;
    at("calls").hidden = false;
    tellSaved();
    if (position >= about.total) return finish();
    if (about.training && position === about.training && !rested) return go("rest", at("test"));
    if (view !== "look") go("look");
    const first = training(position) ? 0 : about.training;
    const all = training(position) ? about.training : about.total - about.training;
    at("place").textContent = `${training(position) ? "Training, image" : "Image"} ${position - first + 1} of ${all}`;
    at("progress").max = all;
    at("progress").value = position - first;
    // Until the image is here there is none: the one before must not be taken for it.
    at("frame").style.minHeight = `${at("frame").offsetHeight}px`;
    at("frame").replaceChildren();
    for (let wait = FIRST_WAIT; mine === turn;) {
      // The server gives the image after the present one, and none further ahead.
      while (position > base.answered + 1 && mine === turn) await new Promise((go) => { moved = go; });
      try {
        const image = await picture(position);
        if (mine !== turn) return;
        fit(image);
        at("frame").replaceChildren(image);
        at("frame").style.minHeight = "";
        since = performance.now();
        readied(true);
        if (position + 1 <= base.answered + 1) preload(position + 1);
        return;
      } catch (error) {
        if (mine !== turn) return;
        at("frame").replaceChildren(make("p", `The image has not come yet. ${error.message} Asking again …`));
        await pause(wait);
        wait = Math.min(2 * wait, LONGEST_WAIT);
      }
    }
  };
  const finish = () => {
    at("done").textContent = queue.length ? "Your last answers are being saved; please wait."
      : `All ${about.total} images are answered. ${backend.finished}`;
    if (view !== "end") go("end");
  };

  // Clicks -----------------------------------------------------------------------------------------------
  const push = (position, call, sure) => {
    const seconds = Math.max(0, performance.now() - since) / 1000;
    queue.push({ position, call, sure, revision: stands().revision, click: clickId(), seconds });
    readied(false);
    send();
  };
  const answer = (side, sure) => {
    if (view !== "look" || !ready) return;
    const position = stands().answered;
    push(position, about.classes[side], sure);
    notice("");
    // In training the label comes with the acknowledgement; in the test the next image is there already.
    if (!training(position)) show();
    else at("calls").hidden = true;
  };
  const undo = () => {
    const position = stands().answered - 1;
    if (!["look", "end"].includes(view) || labelled || position < about.training) return;
    push(position, null, null);
    show();
  };
  const send = async () => {
    if (sending) return;
    sending = true;
    for (let wait = FIRST_WAIT; queue.length;) {
      const sent = queue[0];
      tellSaved();
      const said = await backend.click(sent);
      if (said.late !== undefined) {
        late = said.late;
        tellSaved();
        await pause(wait);
        wait = Math.min(2 * wait, LONGEST_WAIT);
        continue;
      }
      late = "";
      wait = FIRST_WAIT;
      if (said.refused !== undefined) {
        queue = [];
        await refused(said);
        break;
      }
      queue.shift();
      base = said.state;
      moved();
      if (said.label !== null) tellLabel(sent, said.label);
      else if (view === "end") finish();
      else if (ready) preload(base.answered + 1);
    }
    sending = false;
    if (about) tellSaved();
  };
  const refused = async (said) => {
    if (!said.state) return open(await backend.start().catch(() => null), said.refused);
    base = said.state;
    moved();
    rested = base.answered > about.training;
    await show();
    notice(said.refused);
  };
  const tellLabel = (sent, label) => {
    labelled = true;
    at("label").textContent = `The right answer is ${label}. You answered ${sent.call}.`;
    at("next").hidden = false;
    at("next").focus();
  };

  // The page ---------------------------------------------------------------------------------------------
  const layOut = () => {
    document.title = about.title;
    at("title").textContent = about.title;
    at("who").textContent = about.reader;
    for (const heading of document.querySelectorAll(".question")) heading.textContent = about.question;
    at("told").replaceChildren(...about.told.map((sentence) => make("li", sentence)));
    at("keys").replaceChildren();
    at("calls").replaceChildren();
    for (const side of [0, 1]) {
      const group = make("div", undefined, at("calls"));
      group.className = side ? "right" : "left";
      group.setAttribute("role", "group");
      group.setAttribute("aria-label", about.classes[side]);
      for (const [key, [own, sure]] of Object.entries(KEYS)) {
        if (own !== side) continue;
        const button = make("button", undefined, group);
        button.type = "button";
        button.className = sure ? "sure" : "unsure";
        make("b", about.classes[side], button);
        make("span", sure ? "sure " : "unsure ", button);
        make("kbd", key.toUpperCase(), button);
        // The second click of a double click was meant for the image before.
        button.addEventListener("click", (event) => {
          if (event.detail < 2 || performance.now() - since > DOUBLE_MS) answer(side, sure);
        });
        make("kbd", key.toUpperCase(), make("dt", undefined, at("keys")));
        make("dd", `${about.classes[side]}, ${sure ? "sure" : "unsure"}`, at("keys"));
      }
    }
    make("kbd", "Z", make("dt", undefined, at("keys")));
    make("dd", "undo the last answer (also Backspace)", at("keys"));
  };
  const open = (found, why) => {
    about = found;
    queue = [];
    pictures.clear();
    at("frame").replaceChildren();
    if (!about) {
      at("who").textContent = at("saved").textContent = "";
      go("login", at("token"));
      return notice(why || "");
    }
    base = { revision: about.revision, answered: about.answered };
    rested = base.answered > about.training;
    layOut();
    const left = about.total - base.answered;
    at("round").textContent = base.answered ? `${base.answered} of ${about.total} images are answered.`
      : about.training ? "In the training round you are told the right answer after yours, which then stands. " +
        "In the test you can undo, and are told nothing." : "";
    at("begin").textContent = base.answered ? "Continue" : "Begin";
    notice(why || "");
    tellSaved();
    if (left) {
      picture(base.answered).catch(() => {});
      go("start", at("begin"));
    } else show();
  };
  const tried = async (doing, failed) => {
    try {
      open(await doing());
    } catch (error) {
      open(null, failed ? `${failed} ${error.message}` : error.message);
    }
  };

  at("login").querySelector("form").addEventListener("submit", (event) => {
    event.preventDefault();
    const token = at("token").value;
    at("token").value = "";
    tried(() => backend.login(token));
  });
  at("leave").addEventListener("click", async () => {
    if (queue.length) return notice("Not all clicks are saved yet; wait until they are.");
    await tried(async () => { await backend.leave(); return null; }, "You are not logged out.");
  });
  at("begin").addEventListener("click", show);
  at("test").addEventListener("click", () => { rested = true; show(); });
  at("next").addEventListener("click", () => {
    show();
    // Its button is gone: from here the next one is that of the first class.
    if (view === "look") at("look").querySelector("h2").focus();
  });
  at("undo").addEventListener("click", undo);
  at("back").addEventListener("click", undo);
  at("save").addEventListener("click", () => { backend.save(); tellSaved(); });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.repeat || !at("letters").checked) return;
    if (event.target.id === "token") return;
    const key = event.key.toLowerCase();
    if (view === "look" && Object.hasOwn(KEYS, key)) answer(...KEYS[key]);
    else if (key === "z" || key === "backspace") undo();
    else return;
    event.preventDefault();
  });
  addEventListener("resize", () => {
    const image = at("frame").querySelector("img");
    if (image) fit(image);
  });
  addEventListener("beforeunload", (event) => {
    if (queue.length || (backend.unsaved && backend.unsaved())) event.preventDefault();
  });
  // A link with another token, opened in this tab, loads nothing by itself.
  addEventListener("hashchange", () => { if (location.hash) tried(() => backend.start()); });
  tried(() => backend.start());
})();
