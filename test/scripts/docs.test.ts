import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
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
