/**
 * The files that `npm run new` writes for each kind: the source file, its line in the kind's list, its float64
 * definition if the kind has one, and a test that fails until a person has written the right values. All other checks
 * pass.
 */

export interface Skeleton {
  /** new files, by path */
  readonly files: Readonly<Record<string, string>>;
  /** the list's file, the import, and the name of the array */
  readonly list: {
    readonly path: string;
    readonly name: string;
    readonly from: string;
    readonly array: string;
  };
}

type Make = (name: string) => Skeleton;

const fileName = (name: string) => name.replaceAll("_", "-");

const SOURCE = `{ title: "", url: "" }`;

const stage: Make = (name) => ({
  files: {
    [`src/sampling/stages/${fileName(name)}.ts`]: `/** ${name}: what it does, in one sentence. */
import * as z from "zod";
import { finite, minKeep } from "../options/fields.ts";
import type { Stage } from "../stage.ts";

const options = z.strictObject({
  stage: z.literal("${name}"),
  ${name}: finite({ min: 0, max: 1 }).describe("What it means, its range and what is usual. 0 is off."),
  min_keep: minKeep(),
});

export const ${name}: Stage<z.infer<typeof options>> = {
  name: "${name}",
  summary: "Keeps tokens whose score is near the best.",
  formula: "keep i ⇔ sᵢ ≥ max s − ${name}",
  source: ${SOURCE},
  options,
  example: { ${name}: 0.5 },
  keepsArgmax: true,
  isNeutral: ({ ${name} }) => ${name} === 0,
  apply(candidates, { ${name}, min_keep }) {
    candidates.keepScoresFrom(candidates.max() - ${name}, min_keep);
  },
};
`,
    [`test/sampling/stages/${fileName(name)}.test.ts`]: `import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { keepsRatios, obeysTheLaws, stepsOf } from "./properties.ts";
import { expectRow } from "./rows.ts";

describe("${name}", () => {
  test("rows that anyone can check: below, at and above the bound, ties, and off", () => {
    expectRow([0.25, 0.75], { stage: "${name}", ${name}: 0 }, [0.25, 0.75]);
    expect.unreachable(
      "write rows here whose outcome is worked out by hand; write test/reference/stages/${fileName(name)}.ts from the source",
    );
  });

  const entry = fc.record({ stage: fc.constant("${name}"), ${name}: stepsOf(0, 1) });
  obeysTheLaws({ entry, neutral: [{ stage: "${name}", ${name}: 0 }] });
  keepsRatios(entry);
});
`,
    [`test/reference/stages/${fileName(name)}.ts`]: `/** ${name} from its definition, in float64. Write it from the source, not from the stage. */
import { min_keep, stepsOf } from "../arbitraries.ts";
import type { Reference } from "../reference.ts";
import { atLeast, largest, number, type Rule } from "../tokens.ts";

const rule: Rule = (tokens, options, world) => {
  const x = number(options, "${name}");
  return x === 0 ? tokens : atLeast(tokens, largest(tokens) - x, number(options, "min_keep"), world);
};

export const stages: Reference = { ${name}: { rule, options: { ${name}: stepsOf(0, 1), min_keep } } };
`,
  },
  list: {
    path: "src/sampling/stages/index.ts",
    name,
    from: `./${fileName(name)}.ts`,
    array: "STAGES",
  },
});

const preset: Make = (name) => ({
  files: {
    [`src/sampling/presets/${fileName(name)}.ts`]: `/** Which host this is, and which of its files says so. */
import type { Preset } from "./preset.ts";

export const ${name}: Preset = {
  name: "${fileName(name)}",
  summary: "Its stages in words; what is on when nothing is asked.",
  source: ${SOURCE},
  order: ["logit_bias", "temperature", "top_k", "top_p"],
  defaults: {},
  rules: {},
  notes: [],
};
`,
    [`test/sampling/presets/${fileName(name)}.test.ts`]: `import { expect, test } from "vitest";
import { sample } from "../sample.ts";

test("${name} draws what the host's own code draws", () => {
  expect(sample([2, 1], { preset: "${fileName(name)}", seed: 1 }).token_id).toBeLessThan(2);
  expect.unreachable("write rows here that the host's own code has drawn from");
});
`,
  },
  list: {
    path: "src/sampling/presets/index.ts",
    name,
    from: `./${fileName(name)}.ts`,
    array: "PRESETS",
  },
});

const combination: Make = (name) => ({
  files: {
    [`src/sampling/combine/rules/${fileName(name)}.ts`]: `/** ${name}: what it makes of its sources, in one sentence. */
import * as z from "zod";
import { finite } from "../../options/fields.ts";
import type { Rule } from "../rule.ts";

const options = z.strictObject({
  rule: z.literal("${name}"),
  weight: finite({ min: 0 }).default(0.5).describe("What it means and what is usual. 0 leaves the first."),
});

export const ${name}: Rule<z.infer<typeof options>> = {
  name: "${name}",
  summary: "Adds the second row (b) to the first (a).",
  formula: "a + w·b",
  source: ${SOURCE},
  options,
  example: { weight: 0.5 },
  sources: ["first", "second"],
  takes_more: false,
  isNeutral: ({ weight }) => weight === 0,
  passes: () => 1,
  apply(sources, { weight }) {
    const terms = [
      { source: 0, weight: 1 },
      { source: 1, weight },
    ];
    sources.add(terms, "logits");
    return {};
  },
};
`,
    [`test/sampling/combine/${fileName(name)}.test.ts`]: `import { expect, test } from "vitest";
import { sampleSources } from "./sample.ts";

test("${name}: rows that anyone can check", () => {
  const { token_id } = sampleSources([[2, 1], [1, 2]], { combine: { rule: "${name}" } });
  expect(token_id).toBeLessThan(2);
  expect.unreachable(
    "write rows here whose outcome is worked out by hand; write test/reference/combinations/${fileName(name)}.ts from the source",
  );
});
`,
    [`test/reference/combinations/${fileName(name)}.ts`]: `/** ${name} from its definition, in float64. Write it from the source, not from the rule. */
import fc from "fast-check";
import { type ReferenceCombination, sum } from "../sources.ts";

export const combination: ReferenceCombination = {
  rule: (sources, { weight = 0.5 }) => sum(sources, [1, weight as number]), // as its schema says
  options: fc.record({ weight: fc.double({ min: 0, max: 2, noNaN: true }) }),
  sources: fc.constant(2),
};
`,
  },
  list: {
    path: "src/sampling/combine/index.ts",
    name,
    from: `./rules/${fileName(name)}.ts`,
    array: "RULES",
  },
});

const stop: Make = (name) => ({
  files: {
    [`src/sampling/stops/${fileName(name)}.ts`]: `/** ${name}: when a text ends for it, in one sentence. */
import type { z } from "zod";
import { whole } from "../options/fields.ts";
import { lengthOf, type Stop } from "./stop.ts";

const options = whole({ min: 1 }).describe("What it means.");

export const ${name}: Stop<z.infer<typeof options>> = {
  name: "${name}",
  finish_reason: "${name}",
  summary: "When it is due.",
  source: ${SOURCE},
  options,
  example: 256,
  isDue: (limit, text) => lengthOf(text) >= limit,
};
`,
    [`test/sampling/stops/${fileName(name)}.test.ts`]: `import { expect, test } from "vitest";
import { sample } from "../sample.ts";

test("${name}: due below, at and above its bound", () => {
  expect(sample([2, 1], { stop: { ${name}: 1 }, seed: 1 }).finish_reason).toBe("${name}");
  expect.unreachable("write texts here that end, and texts that do not");
});
`,
  },
  list: { path: "src/sampling/stops/index.ts", name, from: `./${fileName(name)}.ts`, array: "STOPS" },
});

export const SKELETONS: Readonly<Record<string, Make>> = { stage, preset, combination, stop };

/** The list with one more import and element at its end. Throws when the list has another form. */
export function listed(text: string, { path, name, from, array }: Skeleton["list"]): string {
  const imports = text.lastIndexOf("\nimport ");
  const behind = text.indexOf("\n", text.indexOf(" from ", imports));
  const opened = text.indexOf("= [", text.indexOf(`export const ${array}:`));
  const closed = text.indexOf("]", opened);
  if (imports < 0 || opened < 0 || closed < 0) throw new Error(`${path} has no list ${array}`);
  const items = text.slice(opened, closed).trimEnd().replace(/,$/, "");
  return `${text.slice(0, behind)}\nimport { ${name} } from "${from}";${text.slice(behind, opened)}${items}, ${name}${text.slice(closed)}`;
}
