/**
 * Our sampler against the alternatives of a JavaScript user, in one run and in turns: `npm run bench:rivals`. A rival
 * is timed only after it has kept the same tokens with the same probabilities. A rival that lacks some rules runs the
 * others, against ours with the same ones, and is marked "part".
 */
import { aboutWrite } from "../evidence/options.ts";
import { createProgress, type Progress } from "../evidence/progress.ts";
import { machineText, readResults, thisMachine, writeResults } from "../evidence/results.ts";
import { commandLine, flag, type Option, readCount, run, some } from "../src/command-line.ts";
import { flatRow, peakedRow } from "../test/kernels/rows.ts";
import { type Agreement, agreementOf } from "./rivals/agreement.ts";
import { CHAINS, type Chain } from "./rivals/chains.ts";
import { NAIVE } from "./rivals/naive.ts";
import { createOurs } from "./rivals/ours.ts";
import { PLAIN } from "./rivals/plain.ts";
import { race } from "./rivals/race.ts";
import { mergeRaces, type Race, type Raced, type RivalResults, type RowKind } from "./rivals/results.ts";
import type { Rival, Runner } from "./rivals/rival.ts";
import { createTfjs } from "./rivals/tfjs.ts";
import { createTransformersJs } from "./rivals/transformers-js.ts";

const VOCAB_SIZES = [32_000, 128_256, 151_936, 262_144];
const ROW_KINDS = { peaked: peakedRow, flat: flatRow } as const;
/** enough rows that those of the largest vocabulary do not stay in the cache of a core */
const ROWS = 8;
/** About what a race takes. */
const SECONDS = 2.5;

interface Entrant {
  readonly name: string;
  readonly runner: Runner;
  readonly part: boolean;
  readonly agreement: Agreement;
}

function plan() {
  const vocab: Option<readonly number[]> = {
    about: `lengths of a row, separated by commas; else ${VOCAB_SIZES.join(", ")}`,
    placeholder: "N",
    standard: VOCAB_SIZES,
    read: (given) => given.split(",").map((each) => readCount(each, 50)),
  };
  const { values } = commandLine({
    name: "npm run bench:rivals --",
    about:
      "Our sampler against what a JavaScript user would pick instead, in one run and in turns: µs a step, the least and the median. A rival is timed only after it has left the same tokens with the same probabilities.",
    options: {
      vocab,
      rows: some(Object.keys(ROW_KINDS) as RowKind[], "kinds of rows"), // the two keys above
      chain: some(
        CHAINS.map(({ id }) => id),
        "chains",
      ),
      write: flag(`${aboutWrite("rivals")}; a slice replaces only its own`),
    },
  });
  return { vocab_sizes: values.vocab, kinds: values.rows, chains: values.chain, write: values.write };
}

/** The rivals that can run the chain, in the order of the table; each was first checked to agree with ours. */
async function entrantsOf(
  { id, rules }: Chain,
  rows: readonly Float32Array[],
  ours: Rival,
  rivals: readonly Rival[],
): Promise<Entrant[]> {
  const vocab_size = rows[0]!.length;
  const asked = rules(vocab_size);
  const entrants: Entrant[] = [];
  for (const rival of rivals) {
    const runner = rival.prepare(asked, vocab_size);
    if (runner === undefined) continue;
    const same = ours.prepare(runner.rules, vocab_size)!; // ours has every rule
    const [mine, theirs] = [await same.kept(rows[0]!), await runner.kept(rows[0]!)];
    const agreement = agreementOf(`${rival.name}, ${id} of ${vocab_size}`, mine, theirs);
    entrants.push({
      name: rival.name,
      runner,
      part: JSON.stringify(runner.rules) !== JSON.stringify(asked),
      agreement,
    });
  }
  return entrants;
}

async function raceOne(
  chain: Chain,
  kind: RowKind,
  vocab_size: number,
  rivals: readonly Rival[],
): Promise<Race> {
  const values = Array.from({ length: ROWS }, (_, seed) => ROW_KINDS[kind](vocab_size, seed + 1));
  const { copied, in_place, rows } = createOurs(values);
  const entrants = await entrantsOf(chain, rows, in_place, [in_place, copied, ...rivals]);
  const times = await race(
    entrants.map(({ runner }) => runner),
    rows,
  );
  const runners = entrants.map(({ name, part, agreement }, i) => ({ name, part, agreement, ...times[i]! }));
  return { vocab_size, rows: kind, chain: chain.id, runners };
}

function print({ runners }: Race, { name, goal }: Chain, progress: Progress): void {
  progress.say(`\n${name}; goal: ${goal} times as fast as plain TypeScript at 128,256`);
  const ours = runners[0]!;
  for (const raced of runners) progress.say(lineOf(raced, ours));
}

function lineOf({ name, part, steps, min_us, median_us, agreement }: Raced, ours: Raced): string {
  const { kept, only_one, probability } = agreement;
  const agrees = `${kept} kept, ${only_one} differ, Δp ≤ ${probability.toExponential(0)}`;
  return [
    `  ${part ? `${name} (part)` : name}`.padEnd(28),
    `${min_us.toFixed(1)} / ${median_us.toFixed(1)}`.padEnd(22),
    `${(min_us / ours.min_us).toFixed(1)} / ${(median_us / ours.median_us).toFixed(1)}`.padEnd(18),
    `${steps} steps`.padEnd(10),
    agrees,
  ].join(" ");
}

async function main(): Promise<void> {
  const { vocab_sizes, kinds, chains, write } = plan();
  const machine = thisMachine();
  console.log(`${machineText(machine)}; µs a step and how many times ours: min / median`);
  const rivals = [PLAIN, await createTfjs(), await createTransformersJs(), NAIVE];
  const races: Race[] = [];
  const chosen = CHAINS.filter(({ id }) => chains.includes(id));
  const slices = vocab_sizes.flatMap((vocab_size) => kinds.map((kind) => ({ vocab_size, kind })));
  const progress = createProgress(
    slices.flatMap(({ vocab_size, kind }) =>
      chosen.map(({ name }) => ({ name: `${vocab_size} logits, ${kind}: ${name}`, seconds: SECONDS })),
    ),
  );
  for (const { vocab_size, kind } of slices) {
    progress.say(`\n── ${vocab_size} logits, ${kind} rows`);
    for (const chain of chosen) {
      progress.next();
      races.push(await raceOne(chain, kind, vocab_size, rivals));
      print(races.at(-1)!, chain, progress);
    }
  }
  progress.end();
  const versions = Object.fromEntries(
    rivals.flatMap(({ name, version }) => (version === undefined ? [] : [[name, version]])),
  );
  const results: RivalResults = { machine, versions, races };
  if (write) writeResults("rivals", mergeRaces(readResults<RivalResults>("rivals"), results));
}

await run(main);
