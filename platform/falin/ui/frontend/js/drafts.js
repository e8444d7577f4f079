// Drafts: what was typed into a form of {% draft %} is kept on this device, sealed; passwords, files and what app.js calls
// sealed (numbers of papers and telephones) never are.
// The key is in the page and nowhere else: a page comes from the server, or from what the phone keeps under its lock
// (duty/vault.js), so that who has lost his way in has lost his drafts too. All of it happens at once, without waiting, for
// what was typed last is put away while the page goes; WebCrypto, which answers later, would be too late.
// Each tab keeps its own words (sessionStorage) beside those that were typed last in any (localStorage): a page that is loaded
// again has what was typed there, a new tab what was typed last.
import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";

const KEEP = "input:not([type=hidden]):not([type=password]):not([autocomplete$=password]):not([type=file]),select,textarea";
const DAYS = 7;
const NONCE = 24;
const SENT = "falin-draft-sent";

const each = (selector, act, within) => [...(within || document).querySelectorAll(selector)].forEach(act);
function stored(act) { try { return act(window.localStorage); } catch (refused) { return null; } }

const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
const letters = (raw) => btoa(Array.from(raw, (byte) => String.fromCharCode(byte)).join(""));
// whose it is stands in the name: the next person at this browser finds nothing of the one before
const place = (form) => `falin-draft:${document.body.dataset.who || ""}:${location.pathname}:${form.dataset.draft}`;
// the page has it under a mask, another one each time: half of it is the mask
const key = (raw) => raw.slice(raw.length / 2).map((byte, at) => byte ^ raw[at]);
const cipher = (form, nonce) => xchacha20poly1305(key(bytes(form.dataset.draftKey)), nonce, new TextEncoder().encode(place(form)));

function seal(form, kept) {
  const nonce = crypto.getRandomValues(new Uint8Array(NONCE));
  return `${letters(nonce)}.${letters(cipher(form, nonce).encrypt(new TextEncoder().encode(JSON.stringify(kept))))}`;
}
/** When it was kept and what, in this tab or else in any; nothing where there is none, or none that this page's key opens. */
function open(form) {
  const from = (store) => {
    const [nonce, sealed] = store.getItem(place(form)).split(".").map(bytes);
    return JSON.parse(new TextDecoder().decode(cipher(form, nonce).decrypt(sealed)));
  };
  return stored(() => from(sessionStorage)) || stored(from) || [0, null];
}
const sending = (form) => stored(() => sessionStorage.setItem(SENT, place(form)));
const forget = (form) => window.falinForgetDraft(place(form));

function values(form) {
  const kept = {};
  each(KEEP, (field) => {
    if (!field.name) return;
    const box = field.type === "checkbox" || field.type === "radio";
    (kept[field.name] = kept[field.name] || []).push((box && !field.checked) || window.falinSealed(field) ? null : field.value);
  }, form);
  return kept;
}
function restore(form, kept) {
  const seen = {};
  each(KEEP, (field) => {
    const row = kept[field.name];
    if (!row) return;
    const value = row[(seen[field.name] = (seen[field.name] || 0) + 1) - 1];
    if (field.type === "checkbox" || field.type === "radio") field.checked = value === field.value;
    else if (value != null && (!field.options || [...field.options].some((one) => one.value === value))) field.value = value;
  }, form);
  const note = document.getElementById("f-draft").content.cloneNode(true);
  if (!form.querySelector("[data-sealed]")) note.querySelector("[data-draft-sealed]").remove();
  form.prepend(note);
}

each("[data-draft-step=done]", forget);
each("form[data-draft-step=checked]", (form) => form.addEventListener("submit", () => sending(form)));
each("form[data-draft]:not([data-draft-step])", (form) => {
  form.dataset.draftPlace = place(form);
  const fresh = JSON.stringify(values(form));
  const [at, kept] = form.querySelector(".is-bad") ? [0, null] : open(form);
  if (kept && Date.now() - at > DAYS * 864e5) forget(form);
  else if (kept && JSON.stringify(kept) !== fresh) restore(form, kept);
  let timer = 0;
  const save = () => {
    clearTimeout(timer);
    timer = 0;
    const sealed = seal(form, [Date.now(), values(form)]);
    stored((store) => { sessionStorage.setItem(place(form), sealed); store.setItem(place(form), sealed); });
  };
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(save, 300);
  });
  window.addEventListener("pagehide", () => { if (timer) save(); }); // what was typed last
  form.addEventListener("submit", () => {
    save();
    sending(form);
  });
  each("[data-draft-drop]", (button) => button.addEventListener("click", () => {
    forget(form);
    delete form.dataset.unsaved;
    form.reset();
    location.reload();
  }), form);
});
