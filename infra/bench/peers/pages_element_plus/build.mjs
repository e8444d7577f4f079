// node build.mjs --out DIR: the page as a team would ship it, minified and shaken
import { build } from "esbuild";
import { copyFile, mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";

const out = resolve(process.argv[process.argv.indexOf("--out") + 1]);
await mkdir(out, { recursive: true });
await build({
  entryPoints: ["main.jsx"], outdir: out, bundle: true, minify: true, format: "iife", charset: "utf8", legalComments: "none",
  target: ["chrome90"], define: { "process.env.NODE_ENV": '"production"', __VUE_OPTIONS_API__: "false", __VUE_PROD_DEVTOOLS__: "false",
    __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: "false" }, logLevel: "warning",
});
await copyFile("index.html", join(out, "index.html"));
