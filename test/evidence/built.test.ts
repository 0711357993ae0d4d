/** When dist counts as up to date: only while none of its inputs is newer. */
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { isBuilt } from "../../evidence/built.ts";

const SOURCES = [
  "src/deep/main.ts",
  "playground/page.tsx",
  "examples/model-host/model/config.json",
  "test/vectors/analysis/digits.json",
  "package.json",
  "package-lock.json",
  "tsconfig.json",
  "tsconfig.build.json",
];
const RESULTS = [
  "dist/main.js",
  "dist/playground/index.html",
  "clients/python/logit_sampler/local/bundle-0123456789abcdef.js",
];

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "built-"));
  for (const name of [...SOURCES, ...RESULTS]) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), "");
  }
  // Folders are inputs as well: their times change when a file is removed.
  for (const name of SOURCES)
    for (let path = name; path !== "."; path = dirname(path)) at(path, path === "test" ? 9 : 1);
  for (const name of RESULTS) at(name, 2);
});
afterEach(() => rmSync(root, { recursive: true }));

function at(name: string, seconds: number): void {
  utimesSync(join(root, name), seconds, seconds);
}

test("dist is built when all that goes into it is older", () => {
  expect(isBuilt(root)).toBe(true);
});

test.each([...SOURCES, "src/deep", "src"])("it is not when %s is newer, or as old", (name) => {
  at(name, 3);
  expect(isBuilt(root)).toBe(false);
  at(name, 2);
  expect(isBuilt(root)).toBe(false);
});

test.each(RESULTS)("it is not when %s is older than a source, or missing", (name) => {
  at(name, 0.5);
  expect(isBuilt(root)).toBe(false);
  rmSync(join(root, name));
  expect(isBuilt(root)).toBe(false);
});
