import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { benchmarksPage, plots, readmeNumbers } from "../../scripts/benchmark-docs.ts";
import { replaceBetween } from "../../scripts/markdown.ts";
import { samplersPage, samplerTable, valuesOf } from "../../scripts/sampler-docs.ts";
import { configurationPage } from "../../scripts/settings-docs.ts";
import { STAGES } from "../../src/sampling/stages/index.ts";

const read = (name: string) => readFile(new URL(`../../${name}`, import.meta.url), "utf8");

test("docs/samplers.md is what the stages say", async () => {
  expect(await read("docs/samplers.md")).toBe(samplersPage(STAGES));
});

test("docs/configuration.md is what the configuration says", async () => {
  expect(await read("docs/configuration.md")).toBe(configurationPage());
});

test("the sampler table of the README is what the stages say", async () => {
  const readme = await read("README.md");
  expect(replaceBetween(readme, "samplers", samplerTable(STAGES))).toBe(readme);
});

test("the numbers of the README and docs/benchmarks.md are what bench/results holds", async () => {
  const readme = await read("README.md");
  expect(replaceBetween(readme, "numbers", readmeNumbers())).toBe(readme);
  expect(await read("docs/benchmarks.md")).toBe(benchmarksPage());
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
  const bare = samplersPage(STAGES)
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
