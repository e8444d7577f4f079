// The one build of the front end: style sheet, scripts, icons. node build.mjs --out DIR
import { build } from "esbuild";
import { initWasm, Resvg } from "@resvg/resvg-wasm";
import { copyFile, mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const at = process.argv.indexOf("--out");
const out = resolve(at > 0 ? process.argv[at + 1] : join(here, "dist"));
await mkdir(out, { recursive: true });

// every script at the top level of js/ is an entry of its own; folders below hold what they share
const scripts = (await readdir(join(here, "js"), { withFileTypes: true }))
  .filter((entry) => entry.isFile() && entry.name.endsWith(".js"))
  .map((entry) => join(here, "js", entry.name));

await build({
  entryPoints: [join(here, "css", "falin.css"), ...scripts],
  outdir: out,
  entryNames: "[name]",
  bundle: true,
  minify: true,
  format: "iife",
  charset: "utf8",
  legalComments: "none",
  target: ["chrome78", "firefox72"],
  logLevel: "warning",
});

await copyFile(join(here, "..", "icons.svg"), join(out, "sprite.svg"));
await copyFile(join(here, "seal.svg"), join(out, "seal.svg"));

// phones want the seal as pixels
const require = createRequire(import.meta.url);
await initWasm(await readFile(require.resolve("@resvg/resvg-wasm/index_bg.wasm")));
const seal = await readFile(join(here, "seal.svg"), "utf8");
for (const size of [192, 512]) {
  const image = new Resvg(seal, { fitTo: { mode: "width", value: size }, background: "#f6f8f7" }).render();
  await writeFile(join(out, `icon-${size}.png`), image.asPng());
}
