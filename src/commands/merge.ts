/**
 * `logit-sampler merge`: adds up the sums of parts. The result has the same bytes for any division of the
 * rows.
 */
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { NOWHERE } from "../analysis/tasks/task.ts";
import { flag, Misuse, text } from "../command-line.ts";
import { messageOf } from "../errors.ts";
import { STDIN } from "../shards/open.ts";
import { commandFrom } from "./command.ts";
import { analysisOf } from "./rows/analyses.ts";
import type { Running } from "./rows/analysis.ts";
import { reportOf } from "./rows/analyze.ts";
import {
  headOf,
  type Partial,
  type Round,
  readPartial,
  roundOf,
  type Source,
  type SourcePart,
} from "./rows/documents.ts";
import { standardOutput, writeWhole } from "./rows/output.ts";
import { shardsOf } from "./rows/shards.ts";

const OPTIONS = {
  partial: flag("prints the merged sums, for further merges, in place of a report"),
  expect: text(
    "SHARDS",
    "the shards that the sums must contain, each exactly once and no others: a folder, a pattern, or @FILE with one name per line",
    undefined,
  ),
  out: text("FILE", "output file, in place of standard output", undefined),
};

export const MERGE = commandFrom(
  {
    name: "merge",
    about: `Adds up the sums that a command kept with --out: score, diagnose, calibrate, cover, replay or detect. All sums must come from one command with the same options. The result equals one run over all rows, to the byte, for any order of the files and any division into shards.`,
    options: OPTIONS,
    operands: {
      placeholder: "PARTIAL",
      about: `files with the sums of a part, or ${STDIN} for lines of them on standard input`,
      read: (word: string) => word,
    },
    epilogue: `Examples:

  logit-sampler merge *.partial.json > report.json
  logit-sampler merge --expect 'shards/*.parquet' sums/*.json
  cat *.partial.json | logit-sampler merge --partial - > all.partial.json`,
  },
  async ({ values, operands }) => {
    if (operands.length === 0) throw new Misuse("which sums? name files, or - for standard input");
    const expected = values.expect === undefined ? undefined : expectedShards(values.expect);
    const document = await merge(operands, values.partial, expected);
    const line = `${JSON.stringify(document)}\n`;
    if (values.out === undefined) standardOutput.write(line);
    else writeWhole(values.out, line);
  },
);

/** What is printed: a report, a state or sums. */
interface Merged {
  readonly kind: string;
  readonly [name: string]: unknown;
}

/** The report, or the state of the next round of a calibration; with `as_partial` the merged sums. */
export async function merge(
  names: readonly string[],
  as_partial = false,
  expected: readonly string[] | undefined = undefined,
): Promise<Merged> {
  let first: Partial | undefined;
  let running: Running | undefined;
  const sources = new Map<string, Source>();
  for await (const [name, partial] of partialsOf(names)) {
    first ??= partial;
    requireAlike(first, partial, name);
    running ??= (await analysisOf(first.command)).begin(first.options, first.state, NOWHERE);
    addSources(sources, partial, name);
    try {
      running.tally.merge(partial.tally);
    } catch (error) {
      throw new Error(`${name}: ${messageOf(error)}`);
    }
  }
  if (first === undefined || running === undefined) throw new Error("standard input has no sums in it");
  const { command, options, state, before } = first;
  const read = [...sources.values()].sort((a, b) => (a.shard < b.shard ? -1 : 1));
  if (expected !== undefined) requireShards(expected, sources);
  if (as_partial)
    return {
      kind: "partial",
      ...headOf({ command, options, state }),
      before,
      sources: read,
      lines: null,
      tally: running.tally.save(),
    };
  requireWhole(read);
  const round = roundOf(read);
  if (before !== null) requireRound(before, round);
  const outcome = running.outcome();
  return "report" in outcome
    ? reportOf(command, options, read, outcome.report)
    : { kind: "state", ...headOf({ command, options, state: outcome.next }), before: round };
}

async function* partialsOf(names: readonly string[]): AsyncGenerator<[name: string, partial: Partial]> {
  for (const name of shardsOf(names)) {
    if (name !== STDIN) {
      yield [name, readPartial(readFileSync(name, "utf8"), name)];
      continue;
    }
    let number = 0;
    // A pipe that is still empty: only this stream waits for it.
    for await (const line of createInterface({ input: process.stdin })) {
      number += 1;
      if (line.trim() !== "") yield [`line ${number}`, readPartial(line, `line ${number}`)];
    }
  }
}

function requireAlike(first: Partial, other: Partial, name: string): void {
  const head = ({ command, options, state, before }: Partial) =>
    JSON.stringify([command, options, state, before]);
  if (head(first) === head(other)) return;
  throw new Error(
    `${name}: sums are merged of one command with the same options, here ${shorten(head(first))}, got ${shorten(head(other))}`,
  );
}

function shorten(words: string): string {
  return words.length <= 200 ? words : `${words.slice(0, 199)}…`;
}

/**
 * The sums of a row must not be counted twice. Standard input has no name by which that could be detected.
 */
function addSources(sources: Map<string, Source>, { sources: more }: Partial, name: string): void {
  for (const source of more) {
    const { part, ...whole } = source;
    const known = sources.get(source.shard);
    const { rows, skipped } = known ?? { rows: 0, skipped: 0 };
    const joined = known === undefined || source.shard === STDIN ? part : joinedPart(known, source, name);
    sources.set(source.shard, {
      ...whole,
      ...(joined !== undefined && { part: joined }),
      rows: rows + source.rows,
      skipped: skipped + source.skipped,
    });
  }
}

/** The rows of both parts of a shard; undefined when these are all its rows. */
function joinedPart(known: Source, { shard, part, input }: Source, name: string): SourcePart | undefined {
  const merged_before = new Error(`${name}: the rows of ${shard} are in sums that were merged already`);
  if (known.part === undefined || part === undefined) throw merged_before;
  if (known.input !== input || known.part.of !== part.of)
    throw new Error(`${name}: the parts of ${shard} must be of the same file, and its bytes have changed`);
  const joined: [from: number, to: number][] = [];
  for (const [from, to] of [...known.part.ranges, ...part.ranges].sort(([a], [b]) => a - b)) {
    const last = joined.at(-1);
    if (last !== undefined && from < last[1]) throw merged_before;
    if (last !== undefined && from === last[1]) last[1] = to;
    else joined.push([from, to]);
  }
  const [[from, to] = [0, 0]] = joined;
  return to - from === part.of ? undefined : { of: part.of, ranges: joined };
}

/** A report over a part of a shard would look like one over all of it. */
function requireWhole(sources: readonly Source[]): void {
  for (const { shard, part } of sources) {
    if (part === undefined) continue;
    const ranges = part.ranges.map(([from, to]) => `${from} to ${to}`);
    throw new Error(
      `the sums must be of all ${part.of} rows of ${shard}, got those of rows ${listed(ranges)}: merge the other parts as well, or --partial`,
    );
  }
}

function expectedShards(words: string): readonly string[] {
  if (!words.startsWith("@")) return shardsOf([words]);
  const lines = readFileSync(words.slice(1), "utf8").split("\n");
  return lines.map((line) => line.trim()).filter((line) => line !== "");
}

function requireShards(expected: readonly string[], sources: ReadonlyMap<string, Source>): void {
  const wanted = new Set(expected);
  const missing = expected.filter((shard) => !sources.has(shard));
  const others = [...sources.keys()].filter((shard) => !wanted.has(shard));
  if (missing.length === 0 && others.length === 0) return;
  const told = [
    ...(missing.length > 0 ? [`without ${missing.length}: ${listed(missing)}`] : []),
    ...(others.length > 0 ? [`with ${others.length} others: ${listed(others)}`] : []),
  ];
  throw new Error(`the sums must be of the ${wanted.size} expected shards, got them ${told.join("; ")}`);
}

function listed(names: readonly string[]): string {
  return names.length <= 10
    ? names.join(", ")
    : `${names.slice(0, 10).join(", ")} and ${names.length - 10} more`;
}

/** Every round of a calibration must read the same rows. Without some of them the temperature would differ. */
function requireRound(before: Round, round: Round): void {
  if (before.digest === round.digest) return;
  const told = ({ shards, rows, skipped }: Round) =>
    `${rows} rows of ${shards} shards${skipped === 0 ? "" : `, ${skipped} more skipped`}`;
  const others = told(before) === told(round) ? ", of other content" : "";
  throw new Error(
    `a round must read what the round before has read, ${told(before)}, got ${told(round)}${others}: a shard is missing or has changed`,
  );
}
