// The lock on what a phone keeps: one key a person, which the server gives to who is signed in and no script can read again.
// It lapses a day after the server last answered for him, and is thrown away when the server says that he was shut out.
// What was sealed stays: signed in again, he is given the same key (decision 19).
import { openDB } from "idb";

const HOLDS = 24 * 3600 * 1000;
const SKEW = 5 * 60 * 1000;
const NONCE = 12;

/** Pages without https have no such lock, and keep nothing. */
export const able = () => Boolean(self.isSecureContext && self.crypto && self.crypto.subtle);

const open = () => openDB("falin-duty", 2, {
  upgrade(db, from) {
    if (from < 1) db.createObjectStore("visits", { keyPath: "id" }).createIndex("person", "person");
    if (from < 2) db.createObjectStore("keys", { keyPath: "person" });
  },
});
export async function using(act) {
  const db = await open();
  try { return await act(db); } finally { db.close(); }
}

// a clock that was set back does not make a key last longer
const lasts = (held) => held.at <= Date.now() + SKEW && Date.now() - held.at < HOLDS;

/** The person's key and when the server last answered for him; nothing where it lapsed, and then it is gone. */
export async function held(person) {
  const found = await using((db) => db.get("keys", person));
  if (found && lasts(found)) return found;
  if (found) await throwAway(person);
  return undefined;
}

/** Take the key the server gave, and until when his sign-in holds; whoever was here before him leaves his behind. */
export async function take(person, secret, until) {
  const bytes = Uint8Array.from(atob(secret), (letter) => letter.charCodeAt(0));
  const key = await crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"]);
  await using(async (db) => {
    const work = db.transaction("keys", "readwrite");
    await Promise.all([work.store.clear(), work.store.put({ person, key, until, at: Date.now() }), work.done]);
  });
}

/** The server answered for him just now. */
export async function touch(person) {
  const found = await held(person);
  if (found) await using((db) => db.put("keys", { ...found, at: Date.now() }));
}

export const throwAway = (person) => using((db) => db.delete("keys", person));

const bound = (nonce, name) => ({ name: "AES-GCM", iv: nonce, additionalData: new TextEncoder().encode(name) });

/** Bytes under the person's key, bound to a name; nothing without a key. */
export async function seal(person, name, bytes) {
  const found = await held(person);
  if (!found) return undefined;
  const nonce = crypto.getRandomValues(new Uint8Array(NONCE));
  const sealed = new Uint8Array(await crypto.subtle.encrypt(bound(nonce, name), found.key, bytes));
  const whole = new Uint8Array(NONCE + sealed.length);
  whole.set(nonce);
  whole.set(sealed, NONCE);
  return whole;
}

/** What was sealed under that name; nothing without the key, or where it is not what was sealed. */
export async function unseal(person, name, whole) {
  const found = await held(person);
  if (!found) return undefined;
  const bytes = new Uint8Array(whole);
  try {
    return await crypto.subtle.decrypt(bound(bytes.slice(0, NONCE), name), found.key, bytes.slice(NONCE));
  } catch (foreign) { return undefined; }
}
