/**
 * `npm run build:local`: writes the library as one JavaScript file for an engine without web APIs, with its hash in its
 * name, beside the Python code that loads it. Removes older files.
 */
import { createHash } from "node:crypto";
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { commandLine, flag } from "../src/command-line.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const FOLDER = `${ROOT}clients/python/logit_sampler/local`;
const HASH_DIGITS = 16;

const { values } = commandLine({
  name: "npm run build:local --",
  about: "Bundles the library into one file of JavaScript for the Python package, with its hash in its name.",
  options: { parts: flag("also lists the largest parts of the bundle, in bytes") },
});

const { outputFiles, metafile } = await build({
  entryPoints: [`${ROOT}src/local/main.ts`],
  bundle: true,
  write: false,
  minify: true,
  format: "iife",
  platform: "neutral",
  mainFields: ["module", "main"],
  target: "es2022",
  alias: { "node:buffer": `${ROOT}src/local/buffer.ts` },
  // seedrandom requires Node's generator when it finds Node.
  external: ["crypto"],
  // Modules create their text encoders when they are loaded, so the replacements for the platform must come first.
  inject: [`${ROOT}src/local/platform.ts`],
  metafile: true,
  logLevel: "warning",
});
const [{ contents } = { contents: new Uint8Array() }] = outputFiles;
const hash = createHash("sha256").update(contents).digest("hex").slice(0, HASH_DIGITS);
await mkdir(FOLDER, { recursive: true });
for (const name of await readdir(FOLDER)) if (/^bundle-.*\.js$/.test(name)) await rm(`${FOLDER}/${name}`);
await writeFile(`${FOLDER}/bundle-${hash}.js`, contents);
process.stdout.write(`clients/python/logit_sampler/local/bundle-${hash}.js: ${contents.length} bytes\n`);
if (values.parts) {
  const inputs = Object.entries(Object.values(metafile.outputs)[0]!.inputs)
    .sort((a, b) => b[1].bytesInOutput - a[1].bytesInOutput)
    .slice(0, 25);
  for (const [n, { bytesInOutput }] of inputs) process.stdout.write(`${bytesInOutput} ${n}\n`);
}
