// A map, a table with its bars, or squares as a picture to take away (PNG): drawn from what the page shows, with its title,
// period, source and approval number. The colours are those the reader sees, high contrast too. Nothing leaves the browser.

const NS = "http://www.w3.org/2000/svg";
const WIDTH = 1200;
const MARGIN = 48;
const SHARP = 2; // pixels a unit
const LARGEST = 2; // times as large as on the page
const TALLEST = 16000; // pixels: browsers give nothing at all for more
const COARSEST = 0.75; // pixels a unit, below which nobody reads it
const UNPRINTED = /[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu; // signs no XML may hold
const CLEAR = /, 0\)$|^transparent$/;
const INK = ["fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-linejoin", "paint-order", "font-size", "font-weight",
  "text-anchor"];

const make = (name, attributes, words) => {
  const node = document.createElementNS(NS, name);
  Object.entries(attributes).forEach(([key, value]) => node.setAttribute(key, value));
  if (words) node.textContent = words;
  return node;
};

/** What the style sheets say of each part, written on its copy: a picture has no style sheets. */
function painted(source) {
  const copy = source.cloneNode(true);
  const from = [source, ...source.querySelectorAll("*")];
  [copy, ...copy.querySelectorAll("*")].forEach((node, at) => {
    const said = getComputedStyle(from[at]);
    const hatched = (from[at].getAttribute("fill") || "").startsWith("url(");
    if (!/^(title|defs|pattern|a)$/.test(node.nodeName)) {
      INK.forEach((name) => { if (!(hatched && name === "fill")) node.setAttribute(name, said.getPropertyValue(name)); });
    }
    node.removeAttribute("class");
  });
  return copy;
}

/** What a text says, line by line as the page broke it, and where. */
function written(text) {
  const range = document.createRange();
  const found = [];
  [...text.data].reduce((from, sign) => {
    range.setStart(text, from);
    range.setEnd(text, from + sign.length);
    const [box] = range.getClientRects();
    const last = found[found.length - 1];
    if (box && box.width && last && Math.abs(last.box.top - box.top) < 2) last.words += sign;
    else if (box && box.width) found.push({ box, words: sign });
    return from + sign.length;
  }, 0);
  return found.filter((line) => line.words.trim());
}

/** Two colours of a slanted background, as a pattern the drawing can name. */
function hatched(colours, all) {
  const id = `hatch${colours.join("").replace(/\W/g, "")}`;
  if (all.querySelector(`#${id}`)) return `url(#${id})`;
  const slanted = make("pattern", { id, width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" });
  slanted.append(make("rect", { width: 6, height: 6, fill: colours[colours.length - 1] }), make("rect", { width: 3, height: 6, fill: colours[0] }));
  all.append(slanted);
  return `url(#${id})`;
}

/** A part of the page as a drawing: each box, line, word and small drawing where the page has it, in its own colours. */
function copied(part) {
  const roll = part.closest(".f-tw");
  if (roll) roll.scrollLeft = 0; // the first column stands still while the others pass under it
  const frame = part.getBoundingClientRect();
  const all = make("svg", { viewBox: `0 0 ${frame.width} ${frame.height}` });
  const place = (box) => ({ x: box.left - frame.left, y: box.top - frame.top, width: box.width, height: box.height });
  const box = (node, said) => {
    const { x, y, width, height } = place(node.getBoundingClientRect());
    const [top, left, bottom] = ["Top", "Left", "Bottom"].map((side) => parseFloat(said[`border${side}Width`]));
    const colours = said.backgroundImage.match(/rgba?\([^)]*\)/g);
    const fill = colours ? hatched(colours, all) : said.backgroundColor;
    if (!CLEAR.test(fill)) all.append(make("rect", { x, y, width, height, fill }));
    if (top && left) {
      all.append(make("rect", { x: x + top / 2, y: y + top / 2, width: width - top, height: height - top, fill: "none",
        stroke: said.borderTopColor, "stroke-width": top }));
    } else {
      if (top) all.append(make("rect", { x, y, width, height: top, fill: said.borderTopColor }));
      if (bottom) all.append(make("rect", { x, y: y + height - bottom, width, height: bottom, fill: said.borderBottomColor }));
    }
  };
  const walk = (node) => {
    if (node.nodeType === Node.TEXT_NODE) {
      const said = getComputedStyle(node.parentElement);
      const size = parseFloat(said.fontSize);
      written(node).forEach((line) => all.append(make("text", {
        x: line.box.left - frame.left, y: line.box.top - frame.top + line.box.height / 2 + size * 0.36, fill: said.color,
        "font-size": size, "font-weight": said.fontWeight,
      }, line.words)));
      return;
    }
    if (node.nodeType !== Node.ELEMENT_NODE || node.matches(".f-sr")) return;
    const said = getComputedStyle(node);
    if (said.display === "none" || said.visibility === "hidden") return;
    if (node.nodeName.toLowerCase() === "svg") {
      const copy = painted(node);
      Object.entries(place(node.getBoundingClientRect())).forEach(([key, value]) => copy.setAttribute(key, value));
      all.append(copy);
      return;
    }
    box(node, said);
    node.childNodes.forEach(walk);
  };
  walk(part);
  return all;
}

/** Lines no wider than the picture; Chinese breaks anywhere but before a stop, words of letters are kept whole. */
function lines(words, size, room) {
  const pen = document.createElement("canvas").getContext("2d");
  pen.font = `${size}px sans-serif`;
  const found = [""];
  (words.match(/[\w.,%+-]+|\s+|.[。，、；：！？）》”]*/gu) || []).forEach((part) => {
    const last = found.length - 1;
    if (found[last] && pen.measureText(found[last] + part).width > room) found.push(part.trim());
    else found[last] += part;
  });
  return found;
}

function drawing(button) {
  const figure = button.closest("figure, [data-figure]");
  const page = getComputedStyle(document.body);
  const ink = page.color;
  const ground = getComputedStyle(figure.closest(".f-sheet") || document.body).backgroundColor;
  const family = page.fontFamily;
  const all = make("svg", { xmlns: NS, width: WIDTH, "font-family": family });
  const back = make("rect", { width: WIDTH, fill: CLEAR.test(ground) ? page.backgroundColor : ground });
  all.append(back);
  let y = MARGIN;
  const write = (words, size, weight) => lines(words, size, WIDTH - 2 * MARGIN).forEach((line) => {
    y += size;
    all.append(make("text", { x: MARGIN, y, fill: ink, "font-size": size, "font-weight": weight }, line));
    y += size * 0.45;
  });
  if (button.dataset.demo) write(button.dataset.demo, 26, 700);
  write(button.dataset.title, 40, 700);
  write(button.dataset.origin, 24, 400);

  const parts = [...figure.querySelectorAll("[data-drawn]")];
  const sizes = parts.map((part) => part.getBoundingClientRect());
  const room = WIDTH - 2 * MARGIN;
  const scale = Math.min(LARGEST, room / Math.max(...sizes.map((size) => size.width)));
  if (sizes.reduce((sum, size) => sum + size.height * scale, y) * COARSEST > TALLEST) throw new Error("too tall");
  parts.forEach((part) => {
    const inner = copied(part);
    const [, , w, h] = inner.getAttribute("viewBox").split(" ").map(Number);
    Object.entries({ x: MARGIN, y: y + 16, width: w * scale, height: h * scale }).forEach(([key, value]) => inner.setAttribute(key, value));
    all.append(inner);
    y += 16 + h * scale;
  });
  const caption = figure.querySelector("figcaption");
  if (caption) {
    y += 24;
    write(caption.textContent.replace(/\s+/g, " ").trim(), 20, 400);
  }
  y += MARGIN / 2;
  const height = Math.ceil(y);
  all.setAttribute("height", height);
  back.setAttribute("height", height);
  return { source: new XMLSerializer().serializeToString(all).replace(UNPRINTED, ""), height };
}

async function keep(button) {
  const { source, height } = drawing(button);
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(source)}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  const sharp = Math.min(SHARP, TALLEST / height);
  canvas.width = Math.round(WIDTH * sharp);
  canvas.height = Math.round(height * sharp);
  const pen = canvas.getContext("2d");
  pen.drawImage(image, 0, 0, canvas.width, canvas.height);
  const pixels = await new Promise((done) => { canvas.toBlob(done, "image/png"); });
  if (!pixels) throw new Error("nothing drawn");
  const link = document.createElement("a");
  link.href = URL.createObjectURL(pixels);
  link.download = `${document.title.split(" · ").slice(0, 2).join(" ")} ${button.dataset.title}.png`.replace(/[\\/:*?"<>|]/g, " ");
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  if (window.falinSay) window.falinSay(button.dataset.done);
}

document.querySelectorAll("[data-picture]").forEach((button) => {
  button.hidden = false;
  button.addEventListener("click", () => {
    const note = button.parentElement.nextElementSibling;
    note.hidden = true;
    keep(button).catch(() => {
      note.hidden = false;
      if (window.falinSay) window.falinSay(note.textContent);
    });
  });
});
