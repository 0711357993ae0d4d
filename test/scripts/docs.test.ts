import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { replaceBetween } from "../../evidence/markdown.ts";
import { benchmarksPage, plots } from "../../scripts/docs/benchmark.ts";
import { combinationsPage } from "../../scripts/docs/combinations.ts";
import { type ConformanceRun, conformancePage } from "../../scripts/docs/conformance.ts";
import { compareHosts } from "../../scripts/docs/hosts.ts";
import { inWords, README_PARTS } from "../../scripts/docs/readme.ts";
import { samplersPage, valuesOf } from "../../scripts/docs/samplers.ts";
import { scalePage } from "../../scripts/docs/scale.ts";
import { configurationPage } from "../../scripts/docs/settings.ts";
import { structuredPage } from "../../scripts/docs/structured.ts";
import { RULES } from "../../src/sampling/combine/index.ts";
import { PRESETS } from "../../src/sampling/presets/index.ts";
import { STAGES } from "../../src/sampling/stages/index.ts";
import { STOPS } from "../../src/sampling/stops/index.ts";

const read = (name: string) => readFile(new URL(`../../${name}`, import.meta.url), "utf8");

test("docs/samplers.md is what the stages say", async () => {
  expect(await read("docs/samplers.md")).toBe(samplersPage(STAGES, STOPS));
});

test("docs/combinations.md is what the rules say", async () => {
  expect(await read("docs/combinations.md")).toBe(combinationsPage(RULES));
});

test("docs/configuration.md is what the configuration says", async () => {
  expect(await read("docs/configuration.md")).toBe(configurationPage());
});

test("docs/structured.md has the tables that keywords, kinds and formats make", async () => {
  const page = await read("docs/structured.md");
  expect(structuredPage(page)).toBe(page);
});

test.each(Object.keys(README_PARTS))("what the README says of %s is what it is made of", async (name) => {
  const text = README_PARTS[name]!();
  const readme = await read("README.md");
  expect(replaceBetween(readme, name, text)).toBe(readme);
  expect(text).not.toMatch(/NaN|Infinity|undefined/);
});

test("the tables of docs/scale.md are what bench/results holds", async () => {
  const page = await read("docs/scale.md");
  expect(scalePage(page)).toBe(page);
});

test("docs/benchmarks.md is what bench/results holds", async () => {
  expect(await read("docs/benchmarks.md")).toBe(benchmarksPage());
});

test("docs/conformance.md has the table of the last run, and the report that the suite gives of a sampler with a fault", async () => {
  const page = await read("docs/conformance.md");
  const run = JSON.parse(await read("proof/hosts/conformance.json")) as ConformanceRun; // as it was stored
  expect(conformancePage(page, run)).toBe(page);
  expect(page).toContain(
    "#### as if temperature came before top_p\n\nExplains 11 of 12 failures. The shortest:",
  );
  expect(() => conformancePage(page.replaceAll("typical_p-036", ""), run)).toThrow(
    "does not explain typical_p-036",
  );
});

test.each(["README.md", "package.json"])("%s says how many samplers there are", async (path) => {
  expect(await read(path)).toContain(`${STAGES.length} samplers`);
});

test("the hosts of the README are all presets, and they do not all draw the same", () => {
  const { arms } = compareHosts();
  expect(arms.map(({ name }) => name)).toEqual(PRESETS.map(({ name }) => name));
  const drawn = new Set(arms.flatMap((arm) => ("problem" in arm ? [] : [arm.token_id])));
  expect(drawn.size).toBeGreaterThanOrEqual(3);
});

test.each([
  [7, "7"],
  [8, "eight"],
  [9, "nine"],
  [16, "sixteen"],
  [20, "twenty"],
  [21, "21"],
])("%d is told as %s", (count, word) => {
  expect(inWords(count)).toBe(word);
});

test.each(Object.keys(plots))(
  "%s shows what bench/results holds, and nothing that is no number",
  async (name) => {
    const drawn = plots[name]!();
    expect(await read(name)).toBe(drawn);
    expect(drawn).not.toMatch(/NaN|Infinity|undefined/);
  },
);

test("every option of every stage has a description", () => {
  const bare = samplersPage(STAGES, STOPS)
    .split("\n")
    .filter((line) => /^\| `\w+` \|.*\|\s*\|$/.test(line));
  expect(bare).toEqual([]);
});

test.each([
  [{ type: "number", minimum: 0, maximum: 1 }, "number in [0, 1]"],
  [{ type: "number", exclusiveMinimum: 0, maximum: 1 }, "number in (0, 1]"],
  [{ type: "number", minimum: 0, exclusiveMaximum: 1 }, "number in [0, 1)"],
  [{ type: "integer", minimum: 0, maximum: Number.MAX_SAFE_INTEGER }, "integer ≥ 0"],
  [{ type: "number", exclusiveMinimum: 0 }, "number > 0"],
  [{ type: "number", maximum: 2 }, "number ≤ 2"],
  [{ enum: ["cut", "keep"] }, '"cut" or "keep"'],
  [{ type: "array", items: { type: "integer", minimum: 0 } }, "array of integer ≥ 0"],
  [{ anyOf: [{ type: "string" }, { type: "integer" }] }, "string or integer"],
  [{ type: "boolean" }, "boolean"],
])("%j reads %s", (schema, words) => {
  expect(valuesOf(schema)).toBe(words);
});

test("text without the markers is refused, never silently kept", () => {
  expect(() => replaceBetween("# Title", "samplers", "…")).toThrow("no markers");
});
