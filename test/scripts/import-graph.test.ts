/** The search for import cycles, and that src has only the known ones. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { circlesOf, importsOf } from "../../scripts/import-graph.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

test("imports of types and values, plain and dynamic, are found", () => {
  const text = `import type { A } from "./a.ts";\nimport { b } from "../b.ts";\nexport * from "./c.ts";\nimport "./d.ts";\nawait import("./e.ts");\nimport fs from "node:fs";`;
  expect(importsOf("src/x/y.ts", text)).toEqual([
    "src/x/a.ts",
    "src/b.ts",
    "src/x/c.ts",
    "src/x/d.ts",
    "src/x/e.ts",
  ]);
});

test("a circle is a set of files that reach each other", () => {
  const graph = new Map([
    ["a", ["b"]],
    ["b", ["c", "d"]],
    ["c", ["a"]],
    ["d", ["e"]],
    ["e", []],
    ["f", ["g"]],
    ["g", ["f", "a"]],
  ]);
  expect(circlesOf(graph)).toEqual([
    ["a", "b", "c"],
    ["f", "g"],
  ]);
});

test("src has no circle", () => {
  const { status, stdout } = spawnSync(process.execPath, ["--import", "tsx", "scripts/circles.ts"], {
    cwd: ROOT,
    encoding: "utf8",
  });
  expect(stdout).toMatch(/, 0 circles\n$/);
  expect(status).toBe(0);
});
