// What the server is asked for as JSON. An answer is asked for once; a refusal is an Error with the server's sentence.

const answers = new Map();

/** Answer of an address as JSON; it is not kept. `signal` says when nobody waits for it any more. */
export async function asked(address, { signal } = {}) {
  let response;
  try {
    response = await fetch(address, { signal });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Error("The server does not answer. Is hcs serve still running?");
  }
  const body = await response.json().catch(() => null);
  if (response.ok && body !== null) return body;
  throw new Error(body?.error ?? `The server's answer to ${address} cannot be read (status ${response.status}).`);
}

/** Answer of an address as JSON, kept for as long as the page is open; what has failed is asked again. */
export function json(address) {
  if (!answers.has(address)) {
    const answer = asked(address);
    answers.set(address, answer);
    answer.catch(() => answers.delete(address));
  }
  return answers.get(address);
}

const part = encodeURIComponent;

/** "plate/well/field" as a part of addresses, each name escaped. */
export const pathOf = ({ plate, well, field }) => [plate, well, field].map((one) => part(one)).join("/");

/** Plates that are served. */
export const plates = () => json("/api/plates");

/** What a field has: channels, levels, planes, overlays. */
export const fieldOf = (place) => json(`/api/field/${pathOf(place)}`);
