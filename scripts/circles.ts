/**
 * `npm run circles`: the circles of files in src that import each other, types included. The linter forbids those
 * of values, for they decide what runs first; one of types alone runs well, and still means that none of its files can be
 * read without the others. Fails when there is a circle that is not known.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join, normalize } from "node:path/posix";
import { fileURLToPath } from "node:url";
import { commandLine } from "../src/command-line.ts";
import { circlesOf, importsOf } from "./import-graph.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** One file of each circle of types that is there, by which it is known. */
const KNOWN: readonly string[] = [
  // A stage knows the context of its step, whose options hold the chain of stages.
  "src/sampling/chain.ts",
  // What readers remember is remembered by the context that they are given.
  "src/wire/step-reader.ts",
];

commandLine({
  name: "npm run circles --",
  about: "The circles of files in src that import each other, types included.",
  options: {},
});

const files = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" })
  .map((name) => normalize(join("src", name.replaceAll("\\", "/"))))
  .filter((path) => path.endsWith(".ts") && !path.includes("/assembly/"));
const graph = new Map(files.map((path) => [path, importsOf(path, readFileSync(join(ROOT, path), "utf8"))]));

let unknown = 0;
for (const circle of circlesOf(graph)) {
  const known = circle.some((path) => KNOWN.includes(path));
  if (!known) unknown += 1;
  console.log(`${known ? "known" : "new"}: ${circle.length} files: ${circle.join(" ")}`);
}
console.log(`${files.length} files, ${unknown} circles that are not known`);
process.exitCode = unknown > 0 ? 1 : 0;
