/** Every block of docs/grammar-examples.md is a body of POST /v1/grammar, and its text is valid by its grammar. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { allAtOnce } from "../../src/pieces.ts";
import { createSampler } from "../../src/sampling/sampler.ts";
import { parseGrammarRequest } from "../../src/schemas/grammar.ts";

const PAGE = readFileSync(new URL("../../docs/grammar-examples.md", import.meta.url), "utf8");
const BLOCKS = PAGE.split(/^## /m)
  .slice(1)
  .map((section): [string, string] => [
    section.split("\n")[0] ?? "",
    /```json\n([\s\S]*?)```/.exec(section)?.[1] ?? "",
  ]);
const sampler = createSampler({ vocab_size_max: 16, rows_max: 1 });

test("the page has blocks", () => {
  expect(BLOCKS.length).toBeGreaterThan(8);
});

test.each(BLOCKS)("%s", (_, block) => {
  const report = allAtOnce(sampler.inspectGrammar(parseGrammarRequest(JSON.parse(block))));
  expect(report.text).toEqual({ is_complete: true, is_begun: true, left_at: null });
  expect(report.notes.some(({ kind }) => kind === "weakened")).toBe(block.includes('"weaken"'));
});
