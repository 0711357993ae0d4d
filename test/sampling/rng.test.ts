import { describe, expect, test } from "vitest";
import { canonicalSeed, drawSeed, uniform } from "../../src/sampling/rng.ts";

describe("uniform", () => {
  // Golden: these numbers decide every token ever drawn. Changing one is a breaking change.
  test.each([
    ["token", "0", 0, 0, 0.4953062401157774],
    ["token", "7", 3, 0, 0.9256660543818358],
    ["token", "18446744073709551615", 900, 2, 0.48447946684515153],
    ["xtc", "7", 3, 0, 0.15206110981023724],
  ] as const)("%s with seed %s, step %i, draw %i is the same for ever", (purpose, seed, step, draw, u) => {
    expect(uniform(purpose, seed, step, draw)).toBe(u);
  });

  test("each part of the key matters", () => {
    const all = [
      uniform("token", "1", 1, 1),
      uniform("xtc", "1", 1, 1),
      uniform("token", "11", 1, 1),
      uniform("token", "1", 11, 1),
      uniform("token", "1", 1, 11),
    ];
    expect(new Set(all).size).toBe(all.length);
  });

  test("it has 53 random bits: the last ones are not always 0", () => {
    const steps = Array.from({ length: 100 }, (_, step) => uniform("token", "1", step, 0) * 2 ** 53);
    expect(steps.every(Number.isInteger)).toBe(true);
    expect(steps.filter((u) => u % 2 === 1).length).toBeGreaterThan(25);
  });

  test("consecutive steps are uniform and not in arithmetic progression", () => {
    const n = 20_000;
    const us = Array.from({ length: n }, (_, step) => uniform("token", "42", step, 0));
    const bins = new Array<number>(100).fill(0);
    for (const u of us) bins[Math.floor(u * 100)]!++;
    const chiSquare = bins.reduce((sum, count) => sum + (count - n / 100) ** 2 / (n / 100), 0);
    expect(chiSquare).toBeLessThan(160); // 99 degrees of freedom: P < 1e-4
    const second = (i: number) => us[i]! - 2 * us[i + 1]! + us[i + 2]!;
    const inProgression = us.slice(2).filter((_, i) => Math.abs(second(i)) < 0.005).length;
    expect(inProgression / n).toBeLessThan(0.02); // 0.01 expected; generators keyed badly give 0.4
  });
});

describe("canonicalSeed", () => {
  test.each([
    [7, "7"],
    ["7", "7"],
    ["007", "7"],
    [-1, "-1"],
    [-0, "0"],
    ["18446744073709551615", "18446744073709551615"],
    ["-9223372036854775808", "-9223372036854775808"],
  ])("%j is the seed %s", (value, seed) => {
    expect(canonicalSeed(value)).toBe(seed);
  });

  test.each([
    ["18446744073709551616"],
    ["-9223372036854775809"],
    [1.5],
    [2 ** 53],
    ["1e3"],
    [""],
    ["0x1"],
    [true],
    [null],
  ])("%j is no seed", (value) => {
    expect(canonicalSeed(value)).toBeUndefined();
  });

  test("a drawn seed is a canonical one", () => {
    const seed = drawSeed();
    expect(canonicalSeed(seed)).toBe(seed);
  });
});
