import { beforeAll, describe, expect, test } from "vitest";
import { agreementOf } from "../../bench/rivals/agreement.ts";
import { CHAINS } from "../../bench/rivals/chains.ts";
import { NAIVE } from "../../bench/rivals/naive.ts";
import { createOurs } from "../../bench/rivals/ours.ts";
import { PLAIN } from "../../bench/rivals/plain.ts";
import { race, type Times } from "../../bench/rivals/race.ts";
import { mergeRaces, type RivalResults } from "../../bench/rivals/results.ts";
import type { Rival } from "../../bench/rivals/rival.ts";
import { createTfjs } from "../../bench/rivals/tfjs.ts";
import { createTransformersJs } from "../../bench/rivals/transformers-js.ts";
import { flatRow, peakedRow } from "../kernels/rows.ts";

const V = 3000;
const { in_place, copied, rows } = createOurs([peakedRow(V, 1), flatRow(V, 2)]);
let rivals: readonly Rival[];
beforeAll(async () => {
  rivals = [copied, PLAIN, NAIVE, await createTfjs(), await createTransformersJs()];
});

describe.each(CHAINS)("$name", ({ rules }) => {
  test("every rival that has the rules leaves our tokens with our probabilities", async () => {
    const asked = rules(V);
    for (const rival of rivals) {
      const runner = rival.prepare(asked, V);
      if (runner === undefined) continue;
      const ours = in_place.prepare(runner.rules, V)!;
      for (const row of rows) {
        const before = row.slice();
        const { only_one } = agreementOf(rival.name, await ours.kept(row), await runner.kept(row));
        expect(only_one, rival.name).toBe(0);
        expect(row, `${rival.name} gives the row back`).toEqual(before);
      }
    }
  });

  test("a step answers a token that was left", async () => {
    const asked = rules(V);
    for (const rival of [in_place, ...rivals]) {
      const runner = rival.prepare(asked, V);
      if (runner === undefined) continue;
      const { token_ids } = await runner.kept(rows[0]!);
      expect(Array.from(token_ids), rival.name).toContain(await runner.step(rows[0]!, 0.5));
    }
  });
});

test("plain TypeScript runs every chain as it is asked for", () => {
  for (const { rules } of CHAINS) {
    const asked = rules(V);
    expect(PLAIN.prepare(asked, V)?.rules).toBe(asked);
  }
});

test("transformers.js is asked for nothing that it lacks", () => {
  const transformers = rivals.find(({ name }) => name === "transformers.js")!;
  const runs = (id: string) =>
    transformers.prepare(CHAINS.find((chain) => chain.id === id)!.rules(V), V)?.rules;
  expect(runs("top_p")).toBeUndefined();
  expect(runs("logprobs")).toBeUndefined();
  expect(runs("cuts")).toEqual({ temperature: 0.8, top_k: 40 });
  expect(runs("edits")?.edits?.biases).toHaveLength(0);
});

describe("agreement", () => {
  const ours = { token_ids: [3, 5], probabilities: [0.75, 0.25] };

  test("holds in any order, and leaves out what ours did not tell", () => {
    expect(agreementOf("same", ours, { token_ids: [5, 3], probabilities: [0.25, 0.75] })).toEqual({
      kept: 2,
      only_one: 0,
      mass: 0,
      probability: 0,
    });
    const untold = { ...ours, probabilities: [0.75, Number.NaN] };
    expect(agreementOf("same", untold, ours).probability).toBe(0);
  });

  test.each([
    ["another token", { token_ids: [3, 6], probabilities: [0.75, 0.25] }],
    ["a token more", { token_ids: [3, 5, 6], probabilities: [0.74, 0.25, 0.01] }],
    ["a token less", { token_ids: [3], probabilities: [1] }],
    ["other probabilities", { token_ids: [3, 5], probabilities: [0.7, 0.3] }],
  ])("ends with %s", (_, theirs) => {
    expect(() => agreementOf("the rival", ours, theirs)).toThrow("the rival does something else");
  });

  test("ends with other log-probabilities, or none where some are asked for", () => {
    const asked = { ...ours, logprobs: [[3, -0.3]] as const };
    expect(() => agreementOf("the rival", asked, ours)).toThrow("other log-probabilities");
    expect(() => agreementOf("the rival", asked, { ...ours, logprobs: [[3, -0.4]] })).toThrow();
    expect(() => agreementOf("the rival", asked, { ...ours, logprobs: [[3, -0.3001]] })).not.toThrow();
  });
});

test("in a race everybody takes every row, and the slow stop when their time is spent", async () => {
  const taken = { fast: 0, slow: 0 };
  const wait = () => {
    const end = performance.now() + 150;
    while (performance.now() < end);
  };
  const runner = (name: keyof typeof taken, work: () => void) => ({
    rules: { temperature: 0 },
    kept: () => ({ token_ids: [], probabilities: [] }),
    step: () => {
      work();
      return taken[name]++;
    },
  });
  const times = await race([runner("fast", () => undefined), runner("slow", wait)], rows);
  const [fast, slow] = times as [Times, Times];
  expect(fast.steps).toBe(48);
  expect(taken.fast).toBe(48 + 3000);
  expect(slow.steps).toBe(4);
  expect(taken.slow).toBe(4 + 1);
  for (const { min_us, median_us } of times) expect(median_us).toBeGreaterThanOrEqual(min_us);
});

describe("results", () => {
  const machine = { cpu: "a", cores: 2, node: "20.20.2", date: "2026-11-24" };
  const raceAt = (vocab_size: number, rows: "peaked" | "flat", steps: number) => ({
    vocab_size,
    rows,
    chain: "greedy",
    runners: [
      {
        name: "ours",
        part: false,
        steps,
        min_us: 1,
        median_us: 1,
        agreement: { kept: 1, only_one: 0, mass: 0, probability: 0 },
      },
    ],
  });
  const old: RivalResults = {
    machine,
    versions: { x: "1" },
    races: [raceAt(10, "peaked", 1), raceAt(10, "flat", 1)],
  };

  test("a slice replaces its own races and leaves the others", () => {
    const fresh = { ...old, races: [raceAt(20, "peaked", 2), raceAt(10, "flat", 2)] };
    const merged = mergeRaces(old, fresh);
    expect(
      merged.races.map(({ vocab_size, rows, runners }) => [vocab_size, rows, runners[0]!.steps]),
    ).toEqual([
      [10, "peaked", 1],
      [10, "flat", 2],
      [20, "peaked", 2],
    ]);
  });

  test("figures of another machine, Node or version are not mixed in", () => {
    for (const other of [
      { ...old, machine: { ...machine, node: "24.1.0" } },
      { ...old, versions: { x: "2" } },
    ]) {
      const fresh = { ...other, races: [raceAt(20, "flat", 3)] };
      expect(mergeRaces(old, fresh)).toBe(fresh);
    }
  });
});
