/** The changes that mutation testing makes: one change of meaning in a line, and none in words or types. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { seeded } from "../../evidence/seeded.ts";
import { chosen, mutantsOf, mutated } from "../../scripts/mutation/mutants.ts";
import { Imports } from "../../scripts/mutation/related.ts";
import { SWITCHES } from "../../scripts/mutation/switches/index.ts";
import { switched } from "../../scripts/mutation/switches/switch.ts";

const after = (line: string) => mutantsOf("a.ts", line).map((mutant) => mutant.after);

describe("the mutants of a line", () => {
  test.each([
    ["return a < b;", ["return a <= b;"]],
    ["return a >= b && c;", ["return a > b && c;", "return a >= b || c;"]],
    ["x = Math.min(a, b);", ["x = Math.max(a, b);"]],
    ["x = 41;", ["x = 42;"]],
    ["if (a) b = c;", ["if (false && a) b = c;"]],
    ["  this.#forget(a);", [";"]],
    ["x = true;", ["x = false;"]],
    ['x = "a < 1";', []],
    ["// a < 1", []],
    ["/* if (a) */", []],
    ["x = /a < 1/;", []],
    ["const x: Map<string, A> = y;", []],
    ['import { a } from "./1.ts";', []],
    ["  readonly size: 1 | 2;", []],
    ["  max(row: Row): number;", []],
    ["  assert(a < 1);", []],
  ])("%s", (line, expected) => {
    expect(after(line)).toEqual(expected);
  });

  test("a comment of several lines is none of meaning, and what follows keeps its place", () => {
    const text = "/**\n * a < 1\n */\nx = a < b;";
    expect(mutantsOf("a.ts", text)).toEqual([
      { file: "a.ts", line: 4, before: "x = a < b;", after: "x = a <= b;" },
    ]);
    expect(mutated(text, mutantsOf("a.ts", text)[0]!)).toBe("/**\n * a < 1\n */\nx = a <= b;"); // there is one
  });
});

test("the same seed chooses the same mutants, each once, and files of few lines as often as long ones", () => {
  const all = [
    ...mutantsOf("long.ts", "x = a < 1;\n".repeat(500)),
    ...mutantsOf("short.ts", "x = a < 1;\n".repeat(50)),
  ];
  const some = chosen(all, 80, seeded(3));
  expect(some).toEqual(chosen(all, 80, seeded(3)));
  expect(some).not.toEqual(chosen(all, 80, seeded(4)));
  expect(new Set(some).size).toBe(80);
  expect(some.filter(({ file }) => file === "short.ts").length).toBeGreaterThan(25);
  expect(chosen(all, 5000, seeded(3)).length).toBe(all.length);
});

test("tests are found by what they import, the nearest first", () => {
  const tests = [
    "test/scripts/mutants.test.ts",
    "test/kernels/paths.test.ts",
    "test/sampling/candidates/sparse.test.ts",
  ];
  const imports = new Imports(".");
  expect(imports.reaching("src/kernels/top-p/top-p.ts", tests)).toEqual([tests[1], tests[2]]);
  expect(imports.reaching("scripts/mutation/mutants.ts", tests)).toEqual([tests[0]]);
  expect(imports.reaching("src/main.ts", tests)).toEqual([]);
});

test.each(SWITCHES.map((each) => [each.name, each] as const))("%s can be switched off", (_name, each) => {
  const text = readFileSync(each.file, "utf8");
  expect(mutated(text, switched(each, text))).not.toBe(text);
});
