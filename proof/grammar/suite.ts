/**
 * The JSON Schema Test Suite, drafts 4 to 2020-12. Every schema is compiled, or refused with the name of the feature.
 * For those compiled, every valid instance is accepted byte by byte and every invalid one is stopped. An instance
 * counts as accepted when one of the orders of its properties is, because the order is the schema's here. A list has
 * the known differences with their reasons.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { Problem } from "../../src/errors.ts";
import { compiled, type Grammar } from "../../src/grammar/grammar.ts";
import type { DraftName } from "../../src/grammar/json/drafts.ts";
import { FORMATS } from "../../src/grammar/json/formats.ts";
import { takesValue } from "../../test/reference/grammar/orders.ts";
import { readWritten, written } from "./written.ts";

/** The folder of each draft. */
const DRAFTS: readonly (readonly [folder: string, draft: DraftName])[] = [
  ["draft4", "4"],
  ["draft6", "6"],
  ["draft7", "7"],
  ["draft2019-09", "2019-09"],
  ["draft2020-12", "2020-12"],
];

/** The formats that are enforced. */
const HELD_FORMATS = new RegExp(`^optional/format/(?:${FORMATS.map(({ name }) => name).join("|")})\\.json$`);

interface Group {
  readonly description: string;
  readonly schema: unknown;
  readonly tests: readonly {
    readonly description: string;
    readonly data: unknown;
    readonly valid: boolean;
  }[];
}

/** Known differences and their reasons: part of "file | group | test". */
const KNOWN: readonly (readonly [where: RegExp, why: string])[] = [
  [
    /^format\.json \| .* is only an annotation by default$/,
    "formats are held to here, as by the format-assertion vocabulary",
  ],
  [/^optional\/format\/(date-)?time\.json \| .* leap second/, "leap seconds are written in UTC only"],
  [/^optional\/format\/hostname\.json \| .*(A-label|punycoded)/, "labels with Punycode are not generated"],
  [/^optional\/float-overflow\.json/, "an integer is written without an exponent"],
  [/^optional\/content\.json/, "what a string holds is an annotation, as drafts from 2019-09 have it"],
  [/^vocabulary\.json \| .* no validation: invalid number/, "$schema names no other vocabularies here"],
];

export interface SuiteTally {
  schemas: number;
  compiled: number;
  right: number;
  known: number;
  refused: Record<string, number>;
  wrong: string[];
}

/** The results of a draft's schemas, by folder. */
export function runSuite(directory: string): Readonly<Record<string, SuiteTally>> {
  return Object.fromEntries(DRAFTS.map(([folder, draft]) => [folder, runDraft(directory, folder, draft)]));
}

function runDraft(directory: string, folder: string, draft: DraftName): SuiteTally {
  const root = join(directory, "tests", folder);
  const tally: SuiteTally = { schemas: 0, compiled: 0, right: 0, known: 0, refused: {}, wrong: [] };
  for (const path of filesIn(root)) {
    const file = relative(root, path);
    if (file.startsWith("optional/format/") && !HELD_FORMATS.test(file)) continue;
    // The suite's files are lists of groups.
    const text = readFileSync(path, "utf8");
    const instances = readWritten(text) as Group[];
    for (const [i, group] of (JSON.parse(text) as Group[]).entries())
      runGroup(file, group, instances[i]!, draft, tally);
  }
  return tally;
}

/** The second result is the same with the numbers of the instances as they are written. */
function runGroup(file: string, group: Group, { tests }: Group, draft: DraftName, tally: SuiteTally): void {
  tally.schemas++;
  let grammar: Grammar;
  try {
    grammar = compiled({
      kind: "json_schema",
      value: group.schema,
      whitespace: "compact",
      property_order: "schema",
      draft,
    });
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const keyword = error.pointer.split("/").pop() || "the whole";
    const name = `${error.code} ${keyword}`;
    tally.refused[name] = (tally.refused[name] ?? 0) + 1;
    // A schema that admits nothing is refused as a whole; then no instance may be valid.
    if (error.message.includes("no text at all") && group.tests.some(({ valid }) => valid))
      tally.wrong.push(`${file} | ${group.description} | admits nothing`);
    return;
  }
  tally.compiled++;
  for (const [i, { description, data, valid }] of tests.entries()) {
    const name = `${file} | ${group.description} | ${description}`;
    // A value has several spellings, such as 1 and 1.0. A valid value must be accepted as it is written, or as
    // JSON.stringify writes it.
    const is_taken =
      takesValue(grammar, data, written) || (valid && takesValue(grammar, group.tests[i]?.data));
    if (is_taken === valid) tally.right++;
    else if (KNOWN.some(([where]) => where.test(name))) tally.known++;
    else tally.wrong.push(`${valid ? "stopped" : "taken"}: ${name}: ${written(data)}`);
  }
}

function filesIn(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true })
    .sort((a, b) => a.name.localeCompare(b.name))
    .flatMap((entry) =>
      entry.isDirectory() ? filesIn(join(directory, entry.name)) : [join(directory, entry.name)],
    );
}
