/**
 * `npm run circles`: finds cycles of files in src that import each other, types included. The linter forbids cycles of
 * values, which decide the order of execution. A cycle of types does not affect execution, but none of its files can be
 * understood without the others. Fails when there is a cycle.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join, normalize } from "node:path/posix";
import { fileURLToPath } from "node:url";
import { commandLine } from "../src/command-line.ts";
import { circlesOf, importsOf } from "./import-graph.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

commandLine({
  name: "npm run circles --",
  about: "The circles of files in src that import each other, types included.",
  options: {},
});

const files = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" })
  .map((name) => normalize(join("src", name.replaceAll("\\", "/"))))
  .filter((path) => path.endsWith(".ts") && !path.includes("/assembly/"));
const graph = new Map(files.map((path) => [path, importsOf(path, readFileSync(join(ROOT, path), "utf8"))]));

const circles = circlesOf(graph);
for (const circle of circles) console.log(`${circle.length} files: ${circle.join(" ")}`);
console.log(`${files.length} files, ${circles.length} circles`);
process.exitCode = circles.length > 0 ? 1 : 0;
