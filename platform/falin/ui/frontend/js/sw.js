// Keeps the adviser's two pages and their looks on the phone. Pages belong to one person, and lie here sealed by his key
// (duty/vault.js): the next one's coming, or signing out, drops them. What waits to be sent is in the pages' own database.
import { seal, touch, unseal } from "./duty/vault.js";

const PAGES = "falin-pages:";
const ASSETS = "falin-assets";
const MOST_ASSETS = 60;
const PATIENCE = 6000; // a network that does not answer is no network, where a kept page is at hand
const KEEP = "X-Falin-Keep";
const SINCE = "X-Falin-Kept-At";
const HASHED = /\.[0-9a-f]{8,}\.\w+$/;

let forgotten = 0; // how often everything was forgotten: a page asked for before is not put away after

async function forgetPages(except) {
  if (!except) forgotten += 1;
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith(PAGES) && name !== except).map((name) => caches.delete(name)));
}

/** Put a page away under the person it was made for, unless he went since it was asked for. */
async function keepPage(path, response, since) {
  const key = response.headers.get(KEEP);
  if (!key || !response.ok || response.redirected || since !== forgotten) return;
  await forgetPages(PAGES + key);
  await touch(personOf(response)); // the server answered for him
  const sealed = await seal(personOf(response), path, await response.arrayBuffer());
  if (!sealed) return;
  const headers = new Headers(response.headers);
  ["Content-Encoding", "Content-Length"].forEach((name) => headers.delete(name)); // of the bytes as they came
  headers.set(SINCE, new Date().toISOString());
  if (since !== forgotten) return;
  const cache = await caches.open(PAGES + key);
  if (since !== forgotten) await caches.delete(PAGES + key);
  else await cache.put(path, new Response(sealed, { headers }));
}

const personOf = (response) => response.headers.get(KEEP).split("-")[0];

/** A page as it was kept, saying since when (duty.js shows it); none where its key has lapsed. What is nobody's lies open. */
async function keptPage(path) {
  const stored = await kept(path);
  if (!stored || !stored.headers.has(KEEP)) return stored;
  const opened = await unseal(personOf(stored), path, await stored.arrayBuffer());
  if (!opened) return opened;
  const text = new TextDecoder().decode(opened).replace("<html ", `<html data-kept-at="${stored.headers.get(SINCE)}" `);
  return new Response(text, { headers: stored.headers });
}

async function keepAsset(address, response) {
  const cache = await caches.open(ASSETS);
  await cache.put(address, response);
  const held = await cache.keys();
  await Promise.all(held.slice(0, Math.max(0, held.length - MOST_ASSETS)).map((request) => cache.delete(request)));
}

async function fetchAndKeep(path) {
  const since = forgotten;
  try {
    // where the session is over the way leads to the sign-in page: asked for here, it would change the token of the form
    // that somebody is just filling in
    const response = await fetch(path, { credentials: "same-origin", cache: "no-store", redirect: "error" });
    await keepPage(path, response, since);
  } catch (unreachable) { /* next time */ }
}

async function keepAll(message) {
  await Promise.all(message.pages.map(fetchAndKeep));
  const cache = await caches.open(ASSETS);
  await Promise.all([...message.assets, "/offline/"].map(async (address) => {
    if (HASHED.test(address) && await cache.match(address)) return;
    try {
      const response = await fetch(address, { credentials: "omit" });
      if (response.ok) await keepAsset(address, response);
    } catch (unreachable) { /* next time */ }
  }));
}

const kept = (path) => caches.match(path, { ignoreVary: true, ignoreSearch: true });

async function page(request) {
  const { pathname: path, search } = new URL(request.url);
  const since = forgotten;
  const network = fetch(request).then((response) => {
    if (!search && response.headers.has(KEEP)) keepPage(path, response.clone(), since);
    return response;
  });
  network.catch(() => {}); // answered below, once it is known what was kept
  const stored = await keptPage(path);
  if (!stored) return network.catch(async () => (await kept("/offline/")) || Response.error());
  const patience = new Promise((done) => setTimeout(() => done(stored), PATIENCE));
  return Promise.race([network.catch(() => stored), patience]);
}

async function asset(request) {
  const address = new URL(request.url);
  const stored = await caches.match(address.pathname + address.search, { ignoreVary: true });
  if (stored && HASHED.test(address.pathname)) return stored;
  try { return await fetch(request); } catch (unreachable) { return stored || Response.error(); }
}

self.addEventListener("install", () => self.skipWaiting());
// a worker before this one may have kept pages in the open
self.addEventListener("activate", (event) => event.waitUntil(Promise.all([forgetPages(""), self.clients.claim()])));
self.addEventListener("message", (event) => {
  // a page that opened while the worker was being installed is not governed yet: claim it now
  if (event.data.act === "keep") event.waitUntil(Promise.all([self.clients.claim(), keepAll(event.data)]));
  if (event.data.act === "forget") event.waitUntil(forgetPages(""));
});
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const address = new URL(request.url);
  if (address.origin !== self.location.origin) return;
  if (request.method === "POST") {
    // signing out, or somebody signing in: until his own pages were kept, nobody's are
    if (address.pathname.startsWith("/accounts/")) event.waitUntil(forgetPages(""));
    return;
  }
  if (request.method !== "GET") return;
  if (request.mode === "navigate") event.respondWith(page(request));
  else if (address.pathname.startsWith("/static/")) event.respondWith(asset(request));
});
