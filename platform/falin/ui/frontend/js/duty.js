// Visits written down without a network: kept on the phone, shown, sent when there is one. The pages work without this.
import { able, drop, find, keep, Locked, newId, waiting } from "./duty/queue.js";
import { shrunk } from "./duty/photo.js";
import { contact, End, sendAll } from "./duty/sending.js";
import { held, throwAway } from "./duty/vault.js";
import { forget, start } from "./duty/worker.js";

const one = (selector, within) => (within || document).querySelector(selector);
const root = one("[data-duty]");
const page = document.documentElement;
const site = root && { ...root.dataset };
const form = one("form[data-visit]");
const queue = one("[data-queue]");
let end = End.DONE; // how the last round of sending ended
let sending = 0;

const mine = (item) => item.tenant === site.tenant;
const unsent = (item) => item.state !== "refused";
const OFTEN = 10 * 60 * 1000; // how long the server's last answer is recent

function word(name, n) {
  const found = one(`[data-w="${name}"]`, one("[data-words]", root).content);
  return found ? found.textContent.replace("{n}", n) : "";
}
/** A moment as people read it, by the legal clock. */
const moment = (at) => new Date(at).toLocaleString(page.lang || "zh-CN", { timeZone: "Asia/Shanghai", month: "long",
  day: "numeric", hour: "2-digit", minute: "2-digit" });
const say = (text) => { if (window.falinSay) window.falinSay(text); };

/* ---- the bar: always there, and always true ---- */
async function draw() {
  const items = await waiting(site.person);
  const here = items.filter(mine);
  const left = here.filter(unsent).length;
  const refused = here.length - left;
  const off = !navigator.onLine || end === End.OFFLINE;
  const open = await held(site.person);
  let line = word(left ? "online" : "online-none", left);
  let more = "";
  if (sending) line = word("sending", sending);
  else if (off) { line = word(left ? "offline" : "offline-none", left); more = open ? word("offline-more") : ""; }
  else if (left && end === End.SIGNED_OUT) { line = word("signed-out", left); more = word("signed-out-more"); }
  else if (left && end === End.OTHER) { line = word("other", left); more = word("other-more"); }
  else if (left && end === End.SERVER) line = word("server", left);
  const notes = [page.dataset.keptAt ? word("from", moment(page.dataset.keptAt)) : "", more]; // sw.js says so
  if (refused) notes.push(word("refused", refused));
  if (!open) notes.push(word("locked"));
  else if (here.some((item) => item.locked)) notes.push(word("unreadable", here.filter((item) => item.locked).length));
  if (items.length > here.length) notes.push(word("elsewhere", items.length - here.length));
  const bar = one("[data-bar]", root);
  const calm = !off && !items.length;
  bar.classList.toggle("f-off--ok", calm);
  one(".f-off__off", bar).toggleAttribute("hidden", calm);
  one(".f-off__on", bar).toggleAttribute("hidden", !calm);
  one("[data-bar-line]", bar).textContent = line;
  one("[data-bar-more]", bar).textContent = notes.filter(Boolean).join("；");
  const signedOut = left > 0 && !off && end === End.SIGNED_OUT;
  one("[data-send]", bar).hidden = !left || off || signedOut || sending > 0;
  one("[data-again]", bar).hidden = !signedOut;
  bar.hidden = false;
  if (queue) list(here);
}

function list(items) {
  const box = one("[data-queue-list]", queue);
  box.textContent = "";
  queue.hidden = !items.length;
  items.forEach((item) => {
    const row = one("[data-queue-item]", queue).content.cloneNode(true);
    if (item.locked) {
      one("[data-q-title]", row).textContent = word("locked-item");
      one("[data-q-when]", row).textContent = moment(item.madeAt);
      one("[data-q-edit]", row).remove();
      one("[data-q-drop]", row).remove();
      box.appendChild(row);
      return;
    }
    const { on_day: day, begins, ends } = item.typed;
    one("[data-q-title]", row).textContent = item.place;
    one("[data-q-when]", row).textContent = `${day} ${begins}–${ends}${item.fault ? "" : ` · ${word("waiting")}`}`;
    if (item.fault) {
      one("[data-q-fault]", row).hidden = false;
      one("[data-q-sentence]", row).textContent = item.fault.sentence;
    }
    const edit = one("[data-q-edit]", row);
    if (item.fault) edit.addEventListener("click", () => change(item));
    else edit.remove();
    one("[data-q-drop]", row).addEventListener("click", async () => {
      if (!window.confirm(word("drop"))) return;
      await drop(item.id);
      draw();
    });
    box.appendChild(row);
  });
}

async function change(item) {
  if (form) { fill(await find(item.id)); return; }
  location.assign(`${site.form}#${item.id}`);
}

/* ---- sending: one round at a time, in one window ---- */
let round = null;
function flush() {
  if (!round) round = oneRound().finally(() => { round = null; });
  return round;
}
async function oneRound() {
  const run = async () => {
    const read = async () => (await waiting(site.person)).filter((item) => mine(item) && unsent(item));
    const before = (await read()).length;
    if (!before) { end = navigator.onLine ? End.DONE : end; return; }
    const told = (left) => { sending = left; return draw(); };
    const result = await sendAll(async () => (await read()).filter((item) => !item.locked), site, told);
    end = result.end;
    const after = (await read()).length;
    if (before > after) say(word("sent", before - after));
  };
  try {
    // another window may be at it already; then its round is ours
    if (navigator.locks) await navigator.locks.request("falin-duty", run);
    else await run();
  } finally {
    sending = 0;
    await draw();
  }
}

/* ---- the form ---- */
function typed() {
  const value = (name) => (form.elements[name] ? form.elements[name].value.trim() : "");
  return { node_id: value("node_id"), kind: value("kind"), on_day: value("on_day"), begins: value("begins_at"), ends: value("ends_at"),
    next_day: form.elements.next_day.checked, topic: value("topic"), attendees: value("attendees"), note: value("note") };
}

function dayAfter(day) {
  const next = new Date(`${day}T00:00:00Z`);
  next.setUTCDate(next.getUTCDate() + 1);
  return next.toISOString().slice(0, 10);
}

/** What the server takes: moments carry the legal clock's offset, whatever zone the phone is set to. */
function content(written) {
  const { node_id: node, kind, topic, attendees, note } = written;
  const last = written.next_day ? dayAfter(written.on_day) : written.on_day;
  return { node_id: node, kind, topic, note, attendees: kind === "lecture" ? attendees : "",
    begins_at: `${written.on_day}T${written.begins}:00+08:00`, ends_at: `${last}T${written.ends}:00+08:00` };
}

/** Topic and heads belong to lectures; without scripts they simply stand there. */
function showLecture() {
  const chosen = form.querySelector("[name=kind]:checked");
  const box = one("[data-lecture]", form);
  box.hidden = Boolean(chosen && chosen.value !== "lecture") && !box.querySelector(".is-bad");
}

function placeName() {
  const chosen = form.querySelector("[name=node_id]:checked");
  return chosen ? chosen.closest("label").textContent.trim() : "";
}

function clearFault() {
  form.querySelectorAll("[data-fault]").forEach((fault) => fault.remove());
  form.querySelectorAll(".is-bad").forEach((field) => field.classList.remove("is-bad"));
  form.querySelectorAll("[aria-invalid]").forEach((field) => field.removeAttribute("aria-invalid"));
  form.querySelectorAll("[aria-describedby]").forEach((field) => describe(field, field.getAttribute("aria-describedby").replace("visit-fault", "")));
}

function describe(field, ids) {
  if (ids.trim()) field.setAttribute("aria-describedby", ids.trim());
  else field.removeAttribute("aria-describedby");
}

/** A sentence at its field, as the server would draw it, and the focus there. */
function showFault(name, sentence) {
  clearFault();
  const control = form.querySelector(`[name="${name}"]`);
  const field = control ? control.closest(".f-field") : null;
  const fault = document.createElement("span");
  fault.className = "f-err";
  fault.dataset.fault = "1";
  fault.id = "visit-fault";
  fault.setAttribute("role", "alert");
  fault.appendChild(one("[data-sign]", root).content.cloneNode(true));
  fault.appendChild(document.createElement("span")).textContent = sentence;
  if (field) {
    field.classList.add("is-bad");
    const group = field.matches("fieldset") ? null : control;
    field.insertBefore(fault, group ? (group.closest(".f-suf") || group) : field.children[1] || null);
    if (group) control.setAttribute("aria-invalid", "true");
    describe(group || field, `${(group || field).getAttribute("aria-describedby") || ""} visit-fault`);
    control.focus();
  } else {
    form.insertBefore(fault, form.firstChild);
    fault.tabIndex = -1;
    fault.focus();
  }
}

/** In our words; the browser's own may be in another language. */
const amiss = (name, control) => word(`${control.validity.valueMissing ? "need" : "bad"}-${name}`) || control.validationMessage;

/** What a browser can tell without the server: is something missing, do the times run forward. */
function fault(written) {
  for (const name of ["node_id", "on_day", "begins_at", "ends_at"]) {
    const control = form.querySelector(`[name="${name}"]`);
    if (control && !control.checkValidity()) return [name, amiss(name, control)];
  }
  const lecture = written.kind === "lecture";
  for (const name of lecture ? ["topic", "attendees"] : []) {
    const control = form.elements[name];
    control.required = true;
    const bad = !control.checkValidity();
    const message = amiss(name, control);
    control.required = false;
    if (bad) return [name, message];
  }
  if (!written.next_day && written.ends <= written.begins) return ["ends_at", word("order")];
  return null;
}

// the draft that app.js keeps of this form; what was typed last may still be on its way there
const draftKey = () => form.dataset.draftPlace;
const dropDraft = () => window.falinForgetDraft(draftKey());
function forgetDraft() {
  dropDraft();
  setTimeout(dropDraft, 400);
  window.addEventListener("pagehide", dropDraft, { once: true });
}
if (form) form.addEventListener("input", () => window.removeEventListener("pagehide", dropDraft));

let changed = null; // the refused item that is being mended

function fill(item) {
  changed = item;
  const values = { node_id: item.typed.node_id, kind: item.typed.kind, on_day: item.typed.on_day, begins_at: item.typed.begins,
    ends_at: item.typed.ends, topic: item.typed.topic, attendees: item.typed.attendees, note: item.typed.note };
  Object.keys(values).forEach((name) => {
    form.querySelectorAll(`[name="${name}"]`).forEach((control) => {
      if (control.type === "radio") control.checked = control.value === values[name];
      else control.value = values[name];
    });
  });
  form.elements.next_day.checked = item.typed.next_day;
  showLecture();
  if (item.fault) showFault(item.fault.field, item.fault.sentence);
}

/** The form is free for the next one; what was typed while this one was being put away stays. */
function blank(written) {
  changed = null;
  clearFault();
  const now = typed();
  const names = { begins_at: "begins", ends_at: "ends", topic: "topic", attendees: "attendees", note: "note" };
  const same = Object.keys(names).filter((name) => now[names[name]] === written[names[name]]);
  same.forEach((name) => { form.elements[name].value = ""; });
  if (same.length < Object.keys(names).length) return; // the next one is being written
  form.elements.photo.value = "";
  form.elements.next_day.checked = false;
  forgetDraft();
}

function noteKept(text) {
  const note = one("[data-kept]");
  one("[data-kept-words]", note).textContent = text;
  note.hidden = false;
  note.focus();
  say(text);
}

async function submitted(event) {
  event.preventDefault();
  if (form.dataset.busy) return;
  clearFault();
  const written = typed();
  const wrong = fault(written);
  if (wrong) { showFault(wrong[0], wrong[1]); return; }
  form.dataset.busy = "1";
  try { await take(written); } finally { delete form.dataset.busy; }
}

async function take(written) {
  const item = { id: newId(), person: site.person, tenant: site.tenant, place: placeName(), typed: written, content: content(written),
    madeAt: new Date().toISOString(), state: "waiting", photo: null, photoName: "", fault: null };
  const file = form.elements.photo.files[0];
  if (file) {
    try { item.photo = await shrunk(file); } catch (unreadable) { showFault("photo", word("photo")); return; }
    item.photoName = item.photo === file ? file.name : "photo.jpg";
  } else if (changed) { item.photo = changed.photo; item.photoName = changed.photoName; }
  if (navigator.onLine && !(await held(site.person))) end = (await contact(site)).end || End.DONE;
  try { await keep(item); } catch (why) { showFault("", word(why instanceof Locked ? "unlocked" : "unkept")); await draw(); return; }
  if (changed) await drop(changed.id);
  changed = null;
  if (round) await round; // a round that began earlier does not know of this one
  if (navigator.onLine) await flush();
  else await draw();
  const left = await find(item.id);
  if (!left) {
    forgetDraft();
    location.assign(`${site.home}?sent=1`);
  } else if (left.state === "refused") {
    changed = left;
    showFault(left.fault.field, left.fault.sentence);
  } else {
    blank(written);
    noteKept(word("kept"));
  }
}

/* ---- leaving: the key and the pages kept for this person go, what waits stays, locked, for his next sign-in ---- */
let leaving = false;
async function leave(event) {
  const target = event.target;
  if (leaving || !target.action || new URL(target.action, location.href).pathname !== "/accounts/logout/") return;
  event.preventDefault();
  const left = (await waiting(site.person)).length;
  if (left && !window.confirm(word("leave", left))) { delete target.dataset.sent; return; }
  await throwAway(site.person);
  await forget();
  leaving = true;
  target.submit();
}

async function begin() {
  if (form) {
    form.addEventListener("change", showLecture);
    showLecture();
  }
  if (!(await able())) {
    one("[data-bare]", root).hidden = false; // the form goes the ordinary way
    return;
  }
  if (form) form.addEventListener("submit", submitted);
  document.addEventListener("submit", leave, true);
  window.addEventListener("online", () => { end = End.DONE; flush(); });
  window.addEventListener("offline", draw);
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "visible") flush(); });
  one("[data-send]", root).addEventListener("click", flush);
  if (form && location.hash.length > 30) {
    const item = await find(location.hash.slice(1));
    if (item && !item.locked && item.person === site.person && mine(item)) fill(item);
  }
  const since = await held(site.person);
  if (navigator.onLine && !(since && Date.now() - since.at < OFTEN)) end = (await contact(site)).end || End.DONE;
  await draw();
  root.dataset.ready = "1";
  if (navigator.onLine) flush();
  if (navigator.storage && navigator.storage.persist) navigator.storage.persist().catch(() => {});
  one("[data-plain]", root).hidden = await start(site);
}
if (root) begin();
