// What was written down and has not arrived yet, kept in the browser's own database, each item with whose it is.
import { openDB } from "idb";

const open = () => openDB("falin-duty", 1, {
  upgrade(db) { db.createObjectStore("visits", { keyPath: "id" }).createIndex("person", "person"); },
});

/** Can this browser keep anything? Private windows of some cannot. */
export async function able() {
  try { (await open()).close(); return true; } catch (refused) { return false; }
}

async function using(act) {
  const db = await open();
  try { return await act(db); } finally { db.close(); }
}

/** Everything a person has waiting, oldest first; nobody else's. */
export const waiting = (person) => using(async (db) => {
  const found = await db.getAllFromIndex("visits", "person", person);
  return found.sort((a, b) => (a.madeAt < b.madeAt ? -1 : 1));
});
export const keep = (item) => using((db) => db.put("visits", item));
export const drop = (id) => using((db) => db.delete("visits", id));
export const find = (id) => using((db) => db.get("visits", id));

/** A random id; `crypto.randomUUID` is missing in older browsers and on pages without https. */
export function newId() {
  if (window.crypto.randomUUID) return window.crypto.randomUUID();
  const bytes = window.crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
