/** The options of a request for several sources, and the rule that combines them. */
import * as z from "zod";
import { Problem, show } from "../../errors.ts";
import { isRecord } from "../../is-record.ts";
import { SELECTION_MAX, SOURCES_MAX } from "../../kernels/kernel.ts";
import { amongKnown } from "../../nearest.ts";
import type { Chain } from "../chain.ts";
import type { Combination, SourceOptions } from "../combine/combination.ts";
import { RULES } from "../combine/index.ts";
import type { Rule } from "../combine/rule.ts";
import { chainFromList } from "./chain-options.ts";
import { listOf } from "./counted-fields.ts";
import { finite, rule } from "./fields.ts";
import { parseWith } from "./parse.ts";

export const SOURCE_OPTIONS = z.strictObject({
  temperature: finite({ min: 0, openMin: true })
    .optional()
    .describe(
      "Temperature by which the logits of this source are divided before they are combined. Default 1.",
    ),
});

const { $schema: _, ...SOURCE_SCHEMA } = z.toJSONSchema(SOURCE_OPTIONS);

/** The options of each source; `parseSource` checks the contents. */
export const SOURCES = listOf(
  z.custom<Readonly<Record<string, unknown>>>(isRecord, rule("must be an object")).meta(SOURCE_SCHEMA),
  { noun: "objects", min: 1, max: SOURCES_MAX },
);

export function parseSource(value: unknown, index: number): SourceOptions {
  return parseWith(SOURCE_OPTIONS, value, `/sources/${index}`);
}

const RULE_BY_NAME: ReadonlyMap<string, Rule> = new Map(RULES.map((rule) => [rule.name, rule]));

/** `value` is the `combine` option; `chain` runs on the combined row. */
export function parseCombination(
  value: Readonly<Record<string, unknown>>,
  sources: readonly SourceOptions[] | undefined,
  chain: Chain,
): Combination {
  const { before, ...own } = value;
  const named = ruleNamed(own["rule"]);
  const options = parseWith(named.options, own, "/combine");
  const from_zero = chain.some(looksAtZero);
  return { rule: named, options, before: beforeOf(before), sources, from_zero, best: bestOf(chain) };
}

function ruleNamed(name: unknown): Rule {
  const known_rule = typeof name === "string" ? RULE_BY_NAME.get(name) : undefined;
  if (known_rule !== undefined) return known_rule;
  const names = [...RULE_BY_NAME.keys()];
  const known = typeof name === "string" ? amongKnown(name, names) : `: one of ${names.join(", ")}`;
  throw new Problem(
    "invalid_option",
    `combine needs a known rule, got ${show(name)}${known}`,
    "/combine/rule",
  );
}

function beforeOf(list: unknown): Chain {
  if (list === undefined) return [];
  if (!Array.isArray(list))
    throw new Problem(
      "invalid_option",
      `before must be an array of stages, got ${show(list)}`,
      "/combine/before",
    );
  const chain = chainFromList(list, "/combine/before");
  const index = chain.findIndex(({ stage }) => stage.onlyMasks !== true);
  if (index < 0) return chain;
  throw new Problem(
    "option_conflict",
    `before takes stages that mask tokens and do nothing else, got ${chain[index]?.stage.name}: it runs on the combined row, in the chain`,
    `/combine/before/${index}`,
  );
}

function looksAtZero({ stage, options, skipped }: Chain[number]): boolean {
  return skipped === undefined && stage.looksAtZero?.(options) === true;
}

/** The number of best tokens that the first stage with a cut keeps. */
function bestOf(chain: Chain): number | undefined {
  for (const { stage, options, skipped } of chain) {
    if (skipped !== undefined) continue;
    const best = stage.looksAtBest?.(options) ?? Number.POSITIVE_INFINITY;
    if (best > 0) return best <= SELECTION_MAX ? best : undefined;
  }
  return undefined;
}
