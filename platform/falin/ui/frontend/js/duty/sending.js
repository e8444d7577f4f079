// Asks the server whether it still knows us, and sends what waits, one after another. Nothing leaves the queue before the
// server has answered for it.
import { drop, find, keep, lockUp } from "./queue.js";
import { held, take, throwAway } from "./vault.js";
import { forget } from "./worker.js";

const TIME = 45000;

/** How a round of sending ended. */
export const End = { DONE: "", OFFLINE: "offline", SIGNED_OUT: "signed-out", OTHER: "other", SERVER: "server" };

async function ask(address, options) {
  const stop = new AbortController();
  const clock = setTimeout(() => stop.abort(), TIME);
  try {
    return await fetch(address, { credentials: "same-origin", cache: "no-store", signal: stop.signal, ...options });
  } finally { clearTimeout(clock); }
}

const answer = async (response) => { try { return await response.json(); } catch (nothing) { return {}; } };

/** Nobody is signed in: did the server end it, or shut the person out, or does he only have to sign in again? */
async function askWhy(refused, site) {
  const found = await held(site.person);
  if (!found) return;
  if (Date.parse(refused.headers.get("Date")) >= found.until) { // it ran out, by the server's own clock
    try {
      const response = await ask(`${site.phone}?person=${site.person}`, { headers: { Accept: "application/json" } });
      if (!response.ok || (await response.json()).known) return;
    } catch (unreachable) { return; }
  }
  await throwAway(site.person);
  await forget();
}

/** The token of the session as it is now (the one in a kept page is stale), and the key to what is kept here. */
export async function contact(site) {
  let response;
  try { response = await ask(site.token, { headers: { Accept: "application/json" } }); } catch (unreachable) { return { end: End.OFFLINE }; }
  if (response.status === 401) {
    await askWhy(response, site);
    return { end: End.SIGNED_OUT };
  }
  if (response.status === 403) return { end: End.OTHER };
  if (!response.ok) return { end: End.SERVER };
  const said = await answer(response);
  if (String(said.person) !== site.person || String(said.tenant) !== site.tenant) return { end: End.OTHER };
  await take(site.person, said.key, said.until * 1000);
  await lockUp(site.person);
  return { csrf: said.csrf };
}

function packed(item) {
  const form = new FormData();
  form.append("id", item.id);
  form.append("person", item.person);
  form.append("tenant", item.tenant);
  form.append("written_at", item.madeAt);
  Object.keys(item.content).forEach((name) => {
    if (item.content[name] !== "" && item.content[name] != null) form.append(name, item.content[name]);
  });
  if (item.photo) form.append("photo", item.photo, item.photoName || "photo.jpg");
  return form;
}

// What the API takes as one moment the form asks as a day and a time; these are about the day.
const AT_THE_DAY = { "duty.month_closed": "on_day", "duty.too_long_ago": "on_day" };

/** The sentence of a refusal: the problem's own, or the first fault of a field. */
function faultOf(problem) {
  const errors = problem.errors && typeof problem.errors === "object" ? problem.errors : {};
  const field = AT_THE_DAY[problem.code] || problem.field || Object.keys(errors)[0] || "";
  const first = errors[field];
  return { field, sentence: (Array.isArray(first) ? first[0] : first) || problem.title || "" };
}

async function send(waits, site, csrf) {
  const item = await find(waits.id); // with its photo
  let response;
  try {
    response = await ask(site.visits, { method: "POST", body: packed(item), headers: { "X-CSRFToken": csrf, Accept: "application/json" } });
  } catch (unreachable) { return End.OFFLINE; }
  if (response.ok) { await drop(item.id); return End.DONE; }
  const problem = await answer(response);
  if (response.status === 401) return End.SIGNED_OUT;
  if (problem.code === "duty.other_person") return End.OTHER;
  if (problem.code === "kernel.permission_denied") return End.SERVER; // the token went stale in between: another round
  if (response.status >= 500 || response.status === 429 || response.status === 408 || !problem.code) return End.SERVER;
  await keep({ ...item, state: "refused", fault: faultOf(problem) });
  return End.DONE;
}

/** Send what `read()` finds, once the server was asked; `told(left)` hears before each how many are left. How it ended. */
export async function sendAll(read, site, told) {
  const held = await contact(site);
  if (held.end) return held;
  const items = await read();
  for (let at = 0; at < items.length; at += 1) {
    told(items.length - at);
    const end = await send(items[at], site, held.csrf);
    if (end) return { end };
  }
  return { end: End.DONE };
}
