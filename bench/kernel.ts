/**
 * The kernel against plain TypeScript, chain by chain, in one run: `npm run bench:kernel`. Both take turns call by
 * call, and eight rows take turns, so that cache and machine load affect both equally. "Ours" begins with a row that
 * has just been written: scan, selection, small set in float64, draw.
 */
import { cpus } from "node:os";
import { createProgress } from "../evidence/progress.ts";
import { commandLine, readCount, run } from "../src/command-line.ts";
import { cutFrom, exp, Kernel, type Row } from "../src/kernels/kernel.ts";
import { flatRow, peakedRow } from "../test/kernels/rows.ts";
import { createPlainSampler, type PlainSampler } from "./plain.ts";

const ROWS = 8;
const VOCAB_SIZES = [32_000, 128_256, 151_936, 262_144];
const ALL = 0x7fffffff;
const TEMPERATURE = 0.8;

interface Chain {
  readonly name: string;
  readonly rows: "peaked" | "flat";
  readonly plain: (sampler: PlainSampler, values: Float32Array, u: number) => number;
  readonly ours: (kernel: Kernel, row: Row, u: number) => number;
}

const CHAINS: readonly Chain[] = [
  {
    name: "A greedy",
    rows: "peaked",
    plain: (sampler, values) => sampler.greedy(values),
    ours: (kernel, row) => kernel.argmax(row),
  },
  {
    name: "B temperature",
    rows: "peaked",
    plain: (sampler, values, u) => sampler.temperature(values, TEMPERATURE, u),
    ours: (kernel, row, u) => kernel.draw(row, TEMPERATURE, cutFrom(-Infinity, ALL), u),
  },
  {
    name: "C temperature, top-p .95, peaked",
    rows: "peaked",
    plain: (sampler, values, u) => sampler.topP(values, TEMPERATURE, 0.95, u),
    ours: drawTopP,
  },
  {
    name: "C temperature, top-p .95, flat",
    rows: "flat",
    plain: (sampler, values, u) => sampler.topP(values, TEMPERATURE, 0.95, u),
    ours: drawTopP,
  },
  {
    name: "D top-k 40, top-p .95, min-p .05",
    rows: "peaked",
    plain: (sampler, values, u) => sampler.topKTopPMinP(values, TEMPERATURE, 40, 0.95, 0.05, u),
    ours: (kernel, row, u) => drawSelected(kernel, kernel.topK(row, 40), 0.95, 0.05, u),
  },
];

function drawTopP(kernel: Kernel, row: Row, u: number): number {
  const count = kernel.topP(row, TEMPERATURE, 0.95);
  if (count >= 0) return drawSelected(kernel, count, 1, 0, u);
  return kernel.draw(row, TEMPERATURE, cutFrom(kernel.cut.floor, kernel.cut.tie_id), u);
}

const weights = new Float64Array(4096);

/**
 * Softmax, top-p, min-p and draw over a sorted selection, in float64. It draws in rank order, because the id order
 * would need a sort.
 */
function drawSelected(kernel: Kernel, count: number, p: number, min_p: number, u: number): number {
  const { selected_logits, selected_ids } = kernel;
  const max = selected_logits[0]!;
  let total = 0;
  for (let i = 0; i < count; i++) {
    const weight = exp((selected_logits[i]! - max) / TEMPERATURE);
    weights[i] = weight;
    total += weight;
  }
  let mass = 0;
  let kept = 0;
  while (kept < count && (kept === 0 || mass < p * total) && weights[kept]! >= min_p)
    mass += weights[kept++]!;
  let sum = 0;
  for (let i = 0; i < kept; i++) {
    sum += weights[i]!;
    if (sum > u * mass) return selected_ids[i]!;
  }
  return selected_ids[kept - 1]!;
}

function rowsOf(kind: Chain["rows"], vocab_size: number): Float32Array[] {
  const make = kind === "peaked" ? peakedRow : flatRow;
  return Array.from({ length: ROWS }, (_, i) => make(vocab_size, i + 1));
}

function microseconds(run: () => void): number {
  const start = process.hrtime.bigint();
  run();
  return Number(process.hrtime.bigint() - start) / 1000;
}

interface Times {
  readonly min: number;
  readonly median: number;
}

function summary(samples: number[]): Times {
  samples.sort((a, b) => a - b);
  return { min: samples[0]!, median: samples[samples.length >> 1]! };
}

/** Chunks as a socket brings them. */
const CHUNK_BYTES = 65536;

/**
 * Chain D for a row that arrives in chunks: the time to read the chunks, and the time that remains after the last one.
 */
function measureArrival(vocab_size: number): { taking: Times; after: Times } {
  const kernel = new Kernel({ vocab_size_max: vocab_size, rows_max: ROWS });
  const bodies = rowsOf("peaked", vocab_size).map((values) => new Uint8Array(values.buffer));
  const rows = bodies.map(() => kernel.leaseRow()!);
  const taking: number[] = [];
  const after: number[] = [];
  for (let i = 0; i < 350; i++) {
    const row = rows[i % ROWS]!;
    const body = bodies[(i * 3) % ROWS]!;
    const chunks = microseconds(() => {
      row.begin("f32");
      for (let from = 0; from < body.length; from += CHUNK_BYTES)
        row.append(body.subarray(from, from + CHUNK_BYTES));
    });
    const rest = microseconds(() => {
      row.finish();
      drawSelected(kernel, kernel.topK(row, 40), 0.95, 0.05, (i * 0.618034) % 1);
    });
    if (i >= 150) {
      taking.push(chunks);
      after.push(rest);
    }
  }
  return { taking: summary(taking), after: summary(after) };
}

function measure(chain: Chain, vocab_size: number): { ours: Times; plain: Times } {
  const kernel = new Kernel({ vocab_size_max: vocab_size, rows_max: ROWS });
  const sampler = createPlainSampler(vocab_size);
  const values = rowsOf(chain.rows, vocab_size);
  const rows = values.map((row_values) => {
    const row = kernel.leaseRow()!;
    row.load(row_values);
    row.finish();
    return row;
  });
  const ours: number[] = [];
  const plain: number[] = [];
  const warm_up = 150;
  for (let i = 0; i < warm_up + 200; i++) {
    const u = (i * 0.618034) % 1;
    const row = rows[i % ROWS]!;
    const mine = microseconds(() => {
      // The values are in memory already; this is the work that remains when the last byte has arrived.
      row.begin("f32");
      row.wrote(vocab_size);
      row.finish();
      chain.ours(kernel, row, u);
    });
    const theirs = microseconds(() => chain.plain(sampler, values[i % ROWS]!, u));
    if (i >= warm_up) {
      ours.push(mine);
      plain.push(theirs);
    }
  }
  return { ours: summary(ours), plain: summary(plain) };
}

function pair(times: Times): string {
  return `${times.min.toFixed(1)} / ${times.median.toFixed(1)}`;
}

/** The approximate seconds that the chains take at one size. */
function secondsOf(vocab_size: number): number {
  return vocab_size / 90_000;
}

function main(): void {
  const { operands } = commandLine({
    name: "npm run bench:kernel --",
    about: "The kernel against plain TypeScript, chain by chain, in turns: µs, the least and the median.",
    options: {},
    operands: {
      placeholder: "VOCAB_SIZE",
      about: `lengths of a row; else ${VOCAB_SIZES.join(", ")}`,
      read: (word) => readCount(word, 50),
    },
  });
  const sizes = operands.length > 0 ? operands : VOCAB_SIZES;
  const names = [...CHAINS.map(({ name }) => name), "D as it arrives"];
  const progress = createProgress(
    sizes.flatMap((size) => names.map((name) => ({ name: `${size}: ${name}`, seconds: secondsOf(size) }))),
  );
  progress.say(`${cpus()[0]?.model}, Node ${process.version}; µs, min / median`);
  for (const vocab_size of sizes) {
    const heads = ["ours".padEnd(17), "plain TypeScript".padEnd(19), "ratio of minima"];
    progress.say([`\nvocab_size ${vocab_size}`.padEnd(38), ...heads].join(" "));
    for (const chain of CHAINS) {
      progress.next();
      const { ours, plain } = measure(chain, vocab_size);
      const ratio = `${(plain.min / ours.min).toFixed(1)}x`;
      progress.say([chain.name.padEnd(37), pair(ours).padEnd(17), pair(plain).padEnd(19), ratio].join(" "));
    }
    progress.next();
    const { taking, after } = measureArrival(vocab_size);
    progress.say(`${"taking in 64 KiB chunks, with the scan".padEnd(37)} ${pair(taking)}`);
    progress.say(`${"D after the last chunk".padEnd(37)} ${pair(after)}`);
  }
  progress.end();
}

await run(main);
