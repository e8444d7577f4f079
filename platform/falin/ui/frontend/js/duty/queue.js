// What was written down and has not arrived yet, kept in the browser's own database, each item with whose it is. What is in
// it is sealed (vault.js); whose it is, since when and whether it was refused is not, so that waiting ones can be counted.
import { able as canLock, seal, unseal, using } from "./vault.js";

/** Can this browser keep anything, and lock it? Private windows of some cannot keep, pages without https cannot lock. */
export async function able() {
  if (!canLock()) return false;
  try { await using(() => true); return true; } catch (refused) { return false; }
}

/** There is no key on the phone: nothing can be kept until the server was asked. */
export class Locked extends Error {}

const sealedAs = async (item, name, bytes) => {
  const sealed = await seal(item.person, name, bytes);
  if (!sealed) throw new Locked();
  return sealed;
};
const about = ({ id, person, tenant, madeAt, state }) => ({ id, person, tenant, madeAt, state });
const pictureOf = (id) => `${id}/photo`;

async function opened(row, whole) {
  if (!row.sealed) return row; // written before there was a lock
  const text = await unseal(row.person, row.id, row.sealed);
  if (!text) return { ...about(row), locked: true };
  const item = { ...JSON.parse(new TextDecoder().decode(text)), ...about(row), photo: null };
  if (whole && row.picture) {
    item.photo = new Blob([await unseal(row.person, pictureOf(row.id), row.picture)], { type: row.pictureType });
  }
  return item;
}

/** Everything a person has waiting, oldest first, without photos; nobody else's. `locked` where there is no key to it. */
export async function waiting(person) {
  const rows = await using((db) => db.getAllFromIndex("visits", "person", person));
  rows.sort((a, b) => (a.madeAt < b.madeAt ? -1 : 1));
  return Promise.all(rows.map((row) => opened(row, false)));
}

export async function find(id) {
  const row = await using((db) => db.get("visits", id));
  return row && opened(row, true);
}

/** Throws Locked where there is no key. */
export async function keep(item) {
  const { photo, ...rest } = item;
  const row = about(item);
  row.sealed = await sealedAs(item, item.id, new TextEncoder().encode(JSON.stringify(rest)));
  if (photo) {
    row.picture = await sealedAs(item, pictureOf(item.id), await photo.arrayBuffer());
    row.pictureType = photo.type;
  }
  await using((db) => db.put("visits", row));
}

export const drop = (id) => using((db) => db.delete("visits", id));

/** What was written before there was a lock is locked too. */
export async function lockUp(person) {
  const rows = await using((db) => db.getAllFromIndex("visits", "person", person));
  for (const row of rows) if (!row.sealed) await keep(row);
}

/** A random id; `crypto.randomUUID` is missing in older browsers and on pages without https. */
export function newId() {
  if (window.crypto.randomUUID) return window.crypto.randomUUID();
  const bytes = window.crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
