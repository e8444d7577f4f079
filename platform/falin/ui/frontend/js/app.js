// What scripts add to pages that work without them. No dependency; every part stands alone.

const each = (selector, act, within) => [...(within || document).querySelectorAll(selector)].forEach(act);
const one = (selector) => document.querySelector(selector);
const root = document.documentElement;
const locale = root.lang || "zh-CN";

/** Tell a screen reader something without moving the focus. */
function say(text) {
  const box = one("#f-say");
  if (!box) return;
  box.textContent = "";
  setTimeout(() => { box.textContent = text; }, 60);
}
window.falinSay = say;

/* ---- menus: Escape closes, a click elsewhere closes ---- */
document.addEventListener("click", (event) => {
  each("details[data-pop][open]", (pop) => { if (!pop.contains(event.target)) pop.open = false; });
});

/* ---- keys: the help page "keys" lists them all; a single sign does nothing while somebody types, or has them off ---- */
const KEYS = {
  "Escape": () => each("details[data-pop][open]", (pop) => { pop.open = false; pop.querySelector("summary").focus(); }),
  "/": () => one("#f-q") && (one("#f-q").focus(), true),
  "?": () => one("[data-keys-at]") && (location.assign(one("[data-keys-at]").dataset.keysAt), true),
};
document.addEventListener("keydown", (event) => {
  const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName);
  const still = typing || root.dataset.keys === "off" || event.ctrlKey || event.metaKey || event.altKey;
  if (!KEYS[event.key] || (event.key.length === 1 && still)) return;
  if (KEYS[event.key]()) event.preventDefault();
});
each("[data-nav]", (button) => {
  const nav = one("#f-nav");
  button.setAttribute("role", "button");
  button.setAttribute("aria-expanded", "false");
  const turn = (event) => {
    event.preventDefault();
    button.setAttribute("aria-expanded", String(nav.classList.toggle("is-open")));
  };
  button.addEventListener("click", turn);
  button.addEventListener("keydown", (event) => { if (event.key === " ") turn(event); });
  each(".f-nav__close", (close) => close.addEventListener("click", (event) => { turn(event); button.focus(); }));
});

/* ---- after a load: faults get the focus, news is said ---- */
const fault = one("[data-focus]");
if (fault && !fault.closest("[data-specimen]")) fault.focus();
each("[data-say]", (news) => say(news.textContent.trim()));
each("[data-print]", (button) => { button.hidden = false; });
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
});
window.addEventListener("beforeprint", () => each("details.f-data", (data) => { data.open = true; }));

/* ---- a form is sent once ---- */
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented) return;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "1";
  // after the event, so that the pressed button's own name is still sent
  setTimeout(() => each("button:not([type=button])", (button) => button.setAttribute("aria-busy", "true"), form), 0);
});
window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  each("form[data-sent]", (form) => { delete form.dataset.sent; each("[aria-busy]", (b) => b.removeAttribute("aria-busy"), form); });
});

/* ---- a password is shown to whoever types it, as long as he wants ---- */
each("[data-show]", (button) => {
  const field = document.getElementById(button.dataset.show);
  button.hidden = false;
  button.addEventListener("click", () => {
    const shown = field.type === "password";
    field.type = shown ? "text" : "password";
    button.setAttribute("aria-pressed", String(shown));
    field.focus();
  });
});

/* ---- a date says what day it is, as the server says it of one that was sent ---- */
each("[data-day-of]", (line) => {
  const field = document.getElementById(line.dataset.dayOf);
  const known = JSON.parse(line.dataset.days);
  const tongue = locale === "en" ? "en-GB" : locale;
  const write = () => {
    const day = new Date(`${field.value}T00:00`);
    if (isNaN(day)) { line.textContent = ""; return; }
    const kind = known.find(([first, last]) => first <= field.value && field.value <= last);
    const long = day.toLocaleDateString(tongue, { year: "numeric", month: "long", day: "numeric" });
    line.textContent = `${long} ${day.toLocaleDateString(tongue, { weekday: "short" })}`
      + (kind ? kind[2] : day.getDay() % 6 ? "" : line.dataset.free);
  };
  field.addEventListener("input", write);
  window.addEventListener("load", write); // a draft has been put back by then
});

/* ---- what the browser itself keeps; none where it may not ---- */
function stored(act) { try { return act(window.localStorage); } catch (refused) { return null; } }

/* ---- drafts (drafts.js): what was sent is forgotten when the server led on to another page, or back to this one saying that
   it is done; not where the network took it, and not where the way in came instead ---- */
/** What no draft keeps: a sealed field, and a number of a person's papers or telephone wherever it was typed. */
window.falinSealed = (field) => "sealed" in field.dataset
  || /(^|\D)(\d{15}(\d\d[\dXx])?|1[3-9]\d{9})(?!\d)/.test((field.value || "").normalize("NFKC").replace(/[\s-]/g, ""));
/** This tab's draft goes; the one that is common to all tabs only if it was typed here. */
window.falinForgetDraft = (place) => stored((store) => {
  if (store.getItem(place) === sessionStorage.getItem(place)) store.removeItem(place);
  sessionStorage.removeItem(place);
});
const sent = stored(() => sessionStorage.getItem("falin-draft-sent"));
if (sent) {
  stored(() => {
    sessionStorage.removeItem("falin-draft-sent");
    const came = performance.getEntriesByType("navigation")[0];
    const ledOn = came && came.redirectCount > 0 && !location.pathname.startsWith("/accounts/");
    const here = [...document.querySelectorAll("form[data-draft]")].map((form) => `:${location.pathname}:${form.dataset.draft}`);
    if (ledOn && (one(".f-notes .f-note--ok") || !here.some((end) => sent.endsWith(end)))) window.falinForgetDraft(sent);
  });
}

/* ---- leaving with something typed and unsent that no draft keeps; the way in needs no warning ---- */
if (!location.pathname.startsWith("/accounts/")) {
  document.addEventListener("input", ({ target }) => {
    const form = target.form;
    if (!form || form.method !== "post" || target.type === "checkbox") return;
    if (!form.dataset.draft || window.falinSealed(target)) form.dataset.unsaved = "1";
  });
  window.addEventListener("beforeunload", (event) => {
    if (one("form[data-unsaved]:not([data-sent])")) { event.preventDefault(); event.returnValue = ""; }
  });
}

/* ---- how many notices one has not read: asked once a minute, anew after whatever one sent, and never before the page is there ---- */
const bell = one("[data-unread-of]");
if (bell) {
  const key = "falin-unread:" + bell.dataset.unreadOf;
  const show = (count) => {
    each("[data-unread-shown]", (place) => { place.textContent = count > 99 ? "99+" : count; place.hidden = !count; }, bell);
    each("[data-unread-said]", (place) => { place.hidden = !count; }, bell);
  };
  const keep = (count) => { show(count); stored(() => sessionStorage.setItem(key, JSON.stringify([Date.now(), count]))); };
  // Reading one leads on to another page: what was kept is over by then, whatever was sent.
  document.addEventListener("submit", ({ target }) => {
    if (target.method === "post") stored(() => sessionStorage.removeItem(key));
  });
  const counted = one("[data-unread]");
  const kept = stored(() => JSON.parse(sessionStorage.getItem(key)));
  if (counted) keep(Number(counted.dataset.unread));
  else if (kept && Date.now() - kept[0] < 60000) show(kept[1]);
  else window.addEventListener("load", () => setTimeout(() => {
    fetch(bell.dataset.unreadFrom, { headers: { Accept: "application/json" } })
      .then((answer) => (answer.ok ? answer.json() : null))
      .then((said) => { if (said) keep(said.unread); })
      .catch(() => {});
  }, 1000));
}

/* ---- all or none of a table ---- */
document.addEventListener("change", (event) => {
  const all = event.target.closest("[data-all]");
  if (all) each(`input[name="${all.dataset.all}"]`, (box) => { box.checked = all.checked; });
});

/* ---- reading aloud: the main text, sentence by sentence, the one in hand marked ---- */
const SPOKEN = "h1,h2,h3,h4,p,li,dt,dd,th,td,caption,legend,label,summary,.f-hint,.f-door > b,.f-door > span";
const reader = one("[data-read]");
if (reader) prepareReading();

function prepareReading() {
  const speech = window.speechSynthesis;
  const label = one("[data-read-label]");
  const start = label.textContent;
  let queue = null;

  const voice = () => speech.getVoices().find((v) => v.lang.replace("_", "-").slice(0, 2) === locale.slice(0, 2));
  /** Whether it can be read aloud now. Voices may come late; that there is none is said to who asks, not on every page. */
  const able = () => Boolean(speech && window.SpeechSynthesisUtterance && voice());
  const none = one("[data-read-none]");
  function told() {
    none.hidden = able();
    if (!none.hidden) say(none.textContent.trim());
  }
  /** Every sentence of the main text, with where it stands; what is hidden from screen readers is not read. */
  function pieces() {
    const found = [];
    each(SPOKEN, (element) => {
      if (element.querySelector(SPOKEN) || !element.offsetParent || element.closest("[aria-hidden=true],.f-sr")) return;
      const parts = [];
      let text = "";
      for (const walk = document.createTreeWalker(element, NodeFilter.SHOW_TEXT); walk.nextNode();) {
        parts.push([text.length, walk.currentNode]);
        text += walk.currentNode.data;
      }
      const place = (at) => parts.filter(([begin]) => begin <= at).pop();
      const sentence = /[^。！？；.!?;]+[。！？；.!?;]?/g;
      for (let match = sentence.exec(text); match; match = sentence.exec(text)) {
        const words = match[0].replace(/\s+/g, " ").trim();
        if (!words) continue;
        const range = document.createRange();
        const [[begin, first], [end, last]] = [place(match.index), place(sentence.lastIndex - 1)];
        range.setStart(first, match.index - begin);
        range.setEnd(last, sentence.lastIndex - end);
        found.push({ element, words, range });
      }
    }, one("main"));
    return found;
  }
  // the very sentence where the browser can mark one, else what it stands in
  const marks = window.CSS && CSS.highlights;
  function mark(piece) {
    each(".f-said", (was) => was.classList.remove("f-said"));
    if (marks) marks.delete("f-said");
    if (!piece) return;
    if (marks) marks.set("f-said", new Highlight(piece.range));
    else piece.element.classList.add("f-said");
    piece.element.scrollIntoView({ block: "nearest" });
  }
  function stop() {
    queue = null;
    speech.cancel();
    mark(null);
    label.textContent = start;
    reader.setAttribute("aria-pressed", "false");
  }
  function next() {
    const piece = queue && queue.shift();
    if (!piece) { stop(); return; }
    mark(piece);
    const utterance = new SpeechSynthesisUtterance(piece.words);
    utterance.lang = locale;
    utterance.voice = voice();
    utterance.onend = () => { if (queue) next(); };
    utterance.onerror = () => { if (queue) stop(); };
    speech.speak(utterance);
  }
  reader.addEventListener("click", () => {
    if (queue) { stop(); return; }
    told();
    if (!none.hidden) return;
    queue = pieces();
    label.textContent = label.dataset.stop;
    reader.setAttribute("aria-pressed", "true");
    next();
  });
  window.addEventListener("pagehide", () => speech && speech.cancel());
  if (speech) speech.getVoices(); // a browser fetches them when it is asked for the first time
  if (speech && speech.addEventListener) speech.addEventListener("voiceschanged", () => { if (able()) none.hidden = true; });
  reader.hidden = false;
}
