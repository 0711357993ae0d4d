/**
 * The diffs of docs/adding-a-sampler.md are real: the files contain the lines that the page adds, and new files contain
 * nothing else.
 */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

const root = new URL("../../", import.meta.url);
const page = readFileSync(new URL("docs/adding-a-sampler.md", root), "utf8");
const diffs = [...page.matchAll(/```diff\n--- (\S+)\n\+\+\+ b\/(\S+)\n([^`]*)```/g)].map(
  ([, from, path, body]) => ({ is_new: from === "/dev/null", path: path!, body: body! }),
);

/** The lines as in the file after the change. */
function patched(body: string): string {
  return body
    .split("\n")
    .map((line) => line.slice(1))
    .join("\n");
}

describe("docs/adding-a-sampler.md", () => {
  test("shows a stage, its places and its tests", () => {
    expect(diffs).toHaveLength(page.split("```diff").length - 1);
    expect(diffs.filter(({ is_new }) => is_new).map(({ path }) => path)).toEqual([
      "src/sampling/stages/top-a.ts",
      "test/sampling/stages/top-a.test.ts",
      "test/reference/stages/top-a.ts",
    ]);
  });

  test.each(diffs.filter(({ is_new }) => is_new))("$path is as shown", ({ path, body }) => {
    expect(patched(body)).toBe(readFileSync(new URL(path, root), "utf8"));
  });

  test.each(diffs.filter(({ is_new }) => !is_new))("$path has the lines that are added", ({ path, body }) => {
    const text = readFileSync(new URL(path, root), "utf8");
    const hunks = body.split("@@\n").slice(1);
    expect(hunks.length).toBeGreaterThan(0);
    for (const hunk of hunks) expect(text).toContain(patched(hunk));
  });
});
