// A map, or a table of coloured cells, as a picture to take away (PNG): drawn from what the page shows, with its title, period,
// source and approval number. The colours are those the reader sees, high contrast too. Nothing leaves the browser.

const NS = "http://www.w3.org/2000/svg";
const WIDTH = 1200;
const MARGIN = 48;
const SHARP = 2; // pixels a unit
const INK = ["fill", "stroke", "stroke-width", "stroke-linejoin", "paint-order", "font-size", "font-weight", "text-anchor"];

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

/** A table of coloured cells as a drawing: each cell where the page has it, in its own colours and words. */
function cells(table) {
  table.parentNode.scrollLeft = 0; // the first column stands still while the others pass under it
  const frame = table.getBoundingClientRect();
  const all = make("svg", { viewBox: `0 0 ${frame.width} ${frame.height}` });
  table.querySelectorAll("th, td").forEach((cell) => {
    const at = cell.getBoundingClientRect();
    const said = getComputedStyle(cell);
    const [x, y, size] = [at.left - frame.left, at.top - frame.top, parseFloat(said.fontSize)];
    const middle = said.textAlign === "center";
    if (!/, 0\)$/.test(said.backgroundColor)) all.append(make("rect", { x, y, width: at.width, height: at.height, fill: said.backgroundColor }));
    all.append(make("text", {
      x: middle ? x + at.width / 2 : x + parseFloat(said.paddingLeft), y: y + at.height / 2 + size * 0.36, fill: said.color,
      "font-size": size, "font-weight": said.fontWeight, "text-anchor": middle ? "middle" : "start",
    }, cell.textContent.trim()));
  });
  return all;
}

/** Lines no wider than the picture; Chinese breaks anywhere, words of letters are kept whole. */
function lines(words, size, room) {
  const pen = document.createElement("canvas").getContext("2d");
  pen.font = `${size}px sans-serif`;
  const found = [""];
  (words.match(/[\w.,%+-]+|\s+|./gu) || []).forEach((part) => {
    const last = found.length - 1;
    if (found[last] && pen.measureText(found[last] + part).width > room) found.push(part.trim());
    else found[last] += part;
  });
  return found;
}

function drawing(button) {
  const figure = button.closest("figure");
  const map = figure.querySelector("svg.f-map");
  const page = getComputedStyle(document.body);
  const ink = page.color;
  const ground = getComputedStyle(figure.closest(".f-sheet") || document.body).backgroundColor;
  const family = page.fontFamily;
  const all = make("svg", { xmlns: NS, width: WIDTH, "font-family": family });
  const back = make("rect", { width: WIDTH, fill: /, 0\)$/.test(ground) ? page.backgroundColor : ground });
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

  const inner = map ? painted(map) : cells(figure.querySelector("table"));
  const [, , w, h] = inner.getAttribute("viewBox").split(" ").map(Number);
  const tall = Math.round((h / w) * (WIDTH - 2 * MARGIN));
  Object.entries({ x: MARGIN, y: y + 16, width: WIDTH - 2 * MARGIN, height: tall }).forEach(([key, value]) => inner.setAttribute(key, value));
  all.append(inner);
  y += 16 + tall + 24;

  let x = MARGIN;
  figure.querySelectorAll(".f-legend li").forEach((line) => {
    const words = line.textContent.replace(/\s+/g, " ").trim();
    const pen = document.createElement("canvas").getContext("2d");
    pen.font = `22px ${family}`;
    const wide = 52 + pen.measureText(words).width + 28;
    if (x + wide > WIDTH - MARGIN) { x = MARGIN; y += 40; }
    const box = painted(line.querySelector("svg"));
    Object.entries({ x, y, width: 40, height: 24 }).forEach(([key, value]) => box.setAttribute(key, value));
    all.append(box, make("text", { x: x + 52, y: y + 20, fill: ink, "font-size": 22 }, words));
    x += wide;
  });
  const caption = figure.querySelector("figcaption");
  if (caption) {
    y += 44;
    write(caption.textContent.replace(/\s+/g, " ").trim(), 20, 400);
  }
  y += MARGIN / 2;
  const height = Math.ceil(y);
  all.setAttribute("height", height);
  back.setAttribute("height", height);
  return { source: new XMLSerializer().serializeToString(all), height };
}

async function keep(button) {
  const { source, height } = drawing(button);
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(source)}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = WIDTH * SHARP;
  canvas.height = height * SHARP;
  const pen = canvas.getContext("2d");
  pen.drawImage(image, 0, 0, canvas.width, canvas.height);
  const pixels = await new Promise((done) => { canvas.toBlob(done, "image/png"); });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(pixels);
  link.download = `${document.title.split(" · ").slice(0, 2).join(" ")} ${button.dataset.title}.png`.replace(/[\\/:*?"<>|]/g, " ");
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  if (window.falinSay) window.falinSay(button.dataset.done);
}

document.querySelectorAll("[data-picture]").forEach((button) => {
  button.hidden = false;
  button.addEventListener("click", () => { keep(button); });
});
