/**
 * The JSON Schema Test Suite, draft 2020-12: every schema is compiled or refused by name, and of those compiled every
 * valid instance is taken byte by byte and every invalid one stopped. An instance counts as taken when it is in one of
 * the orders of its properties: the order is the schema's here. What is known to differ stands in a list, with its reason.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { Problem } from "../../src/errors.ts";
import { compiled, type Grammar } from "../../src/grammar/grammar.ts";
import { takesValue } from "../../test/reference/grammar/orders.ts";

/** Of the optional parts, the formats that are held to. */
const OPTIONAL = /^optional\/format\/(date|time|date-time|duration|uuid|email|hostname|ipv4|ipv6|uri)\.json$/;

interface Group {
  readonly description: string;
  readonly schema: unknown;
  readonly tests: readonly {
    readonly description: string;
    readonly data: unknown;
    readonly valid: boolean;
  }[];
}

/** What differs, and why: part of "file | group | test". */
const KNOWN: readonly (readonly [where: RegExp, why: string])[] = [
  [
    /^format\.json \| .* is only an annotation by default$/,
    "formats are held to here, as by the format-assertion vocabulary",
  ],
  [/^optional\/format\/(date-)?time\.json \| .* leap second/, "leap seconds are written in UTC only"],
  [/^optional\/format\/hostname\.json \| .*(A-label|punycoded)/, "labels with Punycode are not generated"],
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

export function runSuite(directory: string): SuiteTally {
  const root = join(directory, "tests/draft2020-12");
  const tally: SuiteTally = { schemas: 0, compiled: 0, right: 0, known: 0, refused: {}, wrong: [] };
  for (const path of filesIn(root)) {
    const file = relative(root, path);
    if (file.startsWith("optional/") && !OPTIONAL.test(file)) continue;
    // The suite's files are lists of groups.
    for (const group of JSON.parse(readFileSync(path, "utf8")) as Group[]) runGroup(file, group, tally);
  }
  return tally;
}

function runGroup(file: string, group: Group, tally: SuiteTally): void {
  tally.schemas++;
  let grammar: Grammar;
  try {
    grammar = compiled({
      kind: "json_schema",
      value: group.schema,
      whitespace: "compact",
      property_order: "schema",
    });
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const keyword = error.pointer.split("/").pop() || "the whole";
    const name = `${error.code} ${keyword}`;
    tally.refused[name] = (tally.refused[name] ?? 0) + 1;
    // What admits nothing is refused as a whole: then no instance may be valid.
    if (error.message.includes("no text at all") && group.tests.some(({ valid }) => valid))
      tally.wrong.push(`${file} | ${group.description} | admits nothing`);
    return;
  }
  tally.compiled++;
  for (const { description, data, valid } of group.tests) {
    const name = `${file} | ${group.description} | ${description}`;
    if (takesValue(grammar, data) === valid) tally.right++;
    else if (KNOWN.some(([where]) => where.test(name))) tally.known++;
    else tally.wrong.push(`${valid ? "stopped" : "taken"}: ${name}: ${JSON.stringify(data)}`);
  }
}

function filesIn(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true })
    .sort((a, b) => a.name.localeCompare(b.name))
    .flatMap((entry) =>
      entry.isDirectory() ? filesIn(join(directory, entry.name)) : [join(directory, entry.name)],
    );
}
