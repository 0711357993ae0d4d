/**
 * `npm run build:pages`: the playground as a folder of files, build/pages, which any static web server can serve
 * without the service. The library in the browser gives the API's answers; the API's lists and its description are
 * files with the service's contents.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { buildApp } from "../src/app.ts";
import { commandLine, run } from "../src/command-line.ts";
import { readConfig } from "../src/config/config.ts";
import { createSampler } from "../src/sampling/sampler.ts";
import { openApiText } from "./openapi-text.ts";

const FOLDER = new URL("../build/pages/", import.meta.url);
/** GET routes whose answers never change. */
const LISTS = ["samplers", "presets", "combinations"];

commandLine({
  name: "npm run build:pages --",
  about:
    "Writes the playground into build/pages, a folder that needs no service: host it anywhere, at any path.",
  options: {},
});

async function writeLists(): Promise<void> {
  const sampler = createSampler({ vocab_size_max: 128, rows_max: 1 });
  const { server } = await buildApp({ config: readConfig({}), sampler });
  try {
    for (const name of LISTS) {
      const { statusCode, body } = await server.inject(`/v1/${name}`);
      if (statusCode !== 200) throw new Error(`GET /v1/${name} answers ${statusCode}`);
      await writeFile(new URL(`api/${name}.json`, FOLDER), body);
    }
  } finally {
    await server.close();
  }
}

await run(async () => {
  const configFile = fileURLToPath(new URL("../playground/vite.config.ts", import.meta.url));
  await build({ configFile, mode: "pages", logLevel: "warn" });
  await mkdir(new URL("api/", FOLDER), { recursive: true });
  await writeLists();
  await writeFile(new URL("openapi.json", FOLDER), await openApiText());
  console.log("wrote build/pages");
});
