/**
 * Writes conformance/vectors: every section's lines, from the float64 definitions and from recorded answers of hosts'
 * own code. It does not run the core; test/conformance compares the core with these vectors.
 */
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import type { Line } from "../../evidence/conformance/vector.ts";
import { CHECK } from "../../evidence/options.ts";
import { commandLine, run } from "../../src/command-line.ts";
import { SECTIONS } from "./sections/index.ts";

const FOLDER = new URL("../../conformance/vectors/", import.meta.url);

const { values } = commandLine({
  name: "npm run build:conformance --",
  about: "Writes conformance/vectors from the float64 definitions of test/reference.",
  options: { check: CHECK },
});

await run(async () => {
  await mkdir(FOLDER, { recursive: true });
  const files = new Map<string, readonly Line[]>();
  for (const section of SECTIONS)
    for (const [name, lines] of Object.entries(section.files())) files.set(`${name}.ndjson`, lines);
  const stale: string[] = [];
  for (const [name, lines] of files) {
    const text = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
    const url = new URL(name, FOLDER);
    if ((await readFile(url, "utf8").catch(() => undefined)) === text) continue;
    stale.push(name);
    if (!values.check) await writeFile(url, text);
  }
  for (const name of await readdir(FOLDER))
    if (!files.has(name)) {
      stale.push(name);
      if (!values.check) await rm(new URL(name, FOLDER));
    }
  const count = [...files.values()].reduce((sum, lines) => sum + lines.length, 0);
  console.log(
    `conformance/vectors: ${count} cases in ${files.size} files, ${stale.length} ${values.check ? "stale" : "written"}`,
  );
  if (values.check && stale.length > 0)
    throw new Error(`stale: ${stale.join(", ")}; run npm run build:conformance`);
});
