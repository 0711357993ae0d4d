/**
 * The pages of docs: each is listed in docs/index.md, has only valid links, and begins with its purpose and an example.
 */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");
const pages = readdirSync(join(ROOT, "docs"))
  .filter((name) => name.endsWith(".md"))
  .map((name) => `docs/${name}`);
const decisions = readdirSync(join(ROOT, "docs/decisions")).map((name) => `docs/decisions/${name}`);
const README_LINES_MAX = 200;
/** The first lines of a page, which must contain an example. */
const OPENING_LINES = 24;

const withoutCode = (page: string) => page.replaceAll(/^```.*?^```$/gms, "").replaceAll(/`[^`\n]*`/g, "");
const targetsOf = (page: string) =>
  [...withoutCode(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target!);

/** The anchors that GitHub makes of a page's headings. */
function anchorsOf(page: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, words] of page.replaceAll(/^```.*?^```$/gms, "").matchAll(/^#+ (.*)$/gm)) {
    const plain = words!.toLowerCase().replaceAll(/[^\p{L}\p{N}_ -]/gu, "");
    const anchor = plain.replaceAll(" ", "-");
    let name = anchor;
    for (let more = 1; anchors.has(name); more++) name = `${anchor}-${more}`;
    anchors.add(name);
  }
  for (const [, id] of page.matchAll(/<a id="([^"]+)"/g)) anchors.add(id!);
  return anchors;
}

/** The broken links of a page: to a missing file, or to a missing heading. */
function deadLinks(path: string): string[] {
  return targetsOf(read(path)).filter((target) => {
    if (/^[a-z]+:/.test(target)) return false;
    const [file, anchor] = target.split("#");
    const found = file === "" ? path : join(dirname(path), file!);
    if (!existsSync(join(ROOT, found))) return true;
    if (anchor === undefined || statSync(join(ROOT, found)).isDirectory()) return false;
    return found.endsWith(".md") && !anchorsOf(read(found)).has(anchor);
  });
}

test("the README has at most 200 lines", () => {
  expect(read("README.md").trimEnd().split("\n").length).toBeLessThanOrEqual(README_LINES_MAX);
});

test("docs/index.md lists every page, once", () => {
  const listed = targetsOf(read("docs/index.md")).filter((target) => /^[\w-]+\.md$/.test(target));
  const inTables = read("docs/index.md").match(/^\| \[([\w-]+\.md)\]/gm) ?? [];
  expect(new Set(inTables).size).toBe(inTables.length);
  const wanted = pages.map((path) => path.slice("docs/".length)).filter((name) => name !== "index.md");
  expect([...new Set(listed)].toSorted()).toEqual(wanted.toSorted());
});

test.each(["README.md", "CONTRIBUTING.md", ...pages, ...decisions])(
  "every link of %s leads somewhere",
  (path) => {
    expect(deadLinks(path)).toEqual([]);
  },
);

describe("a page begins with what it is for, and an example", () => {
  test.each(pages)("%s", (path) => {
    const lines = read(path).split("\n");
    expect(lines[0]).toMatch(/^# \S/);
    expect(lines[1]).toBe("");
    expect(lines[2], "a sentence behind the title").toMatch(/^[\p{L}`*]/u);
    const opening = lines.slice(2, OPENING_LINES).join("\n");
    expect(opening, `an example in the first ${OPENING_LINES} lines`).toMatch(
      /^```|^!\[|^ {4}\S|^> |[Ee]xample/m,
    );
  });
});

test("the README's ratios stand on the pages that it links to", () => {
  const reasons = /<!-- reasons -->(.*?)<!-- \/reasons -->/s.exec(read("README.md"))![1]!;
  const benchmarks = read("docs/benchmarks.md");
  const [engines, peers] = reasons.split("The service answers");
  const ratios = [...engines!.matchAll(/takes ([\d.]+) to ([\d.]+)/g)].flatMap(([, least, most]) => [
    least!,
    most!,
  ]);
  expect(ratios).toHaveLength(6);
  for (const ratio of ratios) expect(benchmarks).toContain(`| ${ratio}x `);
  const range = /([\d.]+) to ([\d.]+) times/.exec(peers!)!;
  for (const ratio of range.slice(1)) expect(benchmarks).toContain(`| ${ratio}x (`);
  const costs = /## Who should not use it(.*?)^## /ms.exec(read("README.md"))![1]!;
  const operations = read("docs/operations.md");
  for (const figure of ["513 GB", "257 GB", "34 minutes of 1 Gbit/s"]) expect(operations).toContain(figure);
  for (const figure of ["513 GB", "257 GB", "34 minutes"]) expect(costs).toContain(figure);
  for (const [form, seconds] of [
    ["f32, stream on the bare connection", "106"],
    ["bf16, stream", "126"],
  ])
    expect(operations).toMatch(new RegExp(`\\| ${form} \\|.*\\| ${seconds} \\|`));
});
