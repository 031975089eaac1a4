"use strict";
// Where a reader's page gets images and keeps answers: the server that sent it.
window.hcsReader = (() => {
  const LONGEST_MS = 15000;
  let reader = null;

  const ask = async (path, body) => {
    const words = { cache: "no-store", signal: AbortSignal.timeout(LONGEST_MS) };
    if (body !== undefined) {
      words.method = "POST";
      words.headers = { "content-type": "application/json" };
      words.body = JSON.stringify(body);
    }
    return fetch(path, words);
  };
  const told = async (answer) => (await answer.json().catch(() => ({}))).error || "The server did not say why.";

  // What the page is about, or null where nobody is logged in.
  const begin = async (answer) => {
    if (!answer.ok) throw new Error(await told(answer));
    const about = await answer.json();
    reader = about.reader;
    return reader === null ? null : about;
  };
  const login = async (token) => {
    const answer = await ask("/login", { token: token.trim() });
    if (!answer.ok) throw new Error(await told(answer));
    return begin(await ask("/state"));
  };
  const start = async () => {
    const token = location.hash.slice(1);
    // The token leaves the address before anything else: it is not to stand in the history or on a screen.
    if (token) history.replaceState(null, "", location.pathname);
    return token ? login(decodeURIComponent(token)) : begin(await ask("/state"));
  };

  // Address of an image, once it is here.
  const picture = async (position) => {
    const answer = await ask("/image/" + position);
    if (!answer.ok) throw new Error(await told(answer));
    return URL.createObjectURL(await answer.blob());
  };

  // {state, label} as the server stored it; {refused, state} where it did not; {late} where nobody knows.
  const click = async (one) => {
    let answer;
    try {
      answer = await ask("/click", { reader, ...one });
      const said = await answer.json();
      if (answer.ok) return said;
      if (answer.status < 500 && answer.status !== 408 && answer.status !== 429) {
        return { refused: said.error, state: said.state };
      }
      return { late: said.error };
    } catch {
      return { late: "The server does not answer." };
    }
  };
  const leave = async () => { await ask("/logout", {}); };

  return {
    start, login, leave, picture, click,
    stored: () => "All answers are saved.",
    finished: "Everything is saved; you may close this page.",
  };
})();
