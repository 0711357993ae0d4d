/**
 * Scoring and softmax of 10,000 rows × 1,000 classes against plain TypeScript, and the cost of a calibration: `npm run
 * bench:analysis`. Ours begins with little-endian float32 bytes as they arrive; the rivals begin with a Float32Array of
 * the same values. They take turns, pass by pass, in one run.
 */
import { cpus } from "node:os";
import { createProgress } from "../evidence/progress.ts";
import { calibrate, createKernelReader } from "../src/analysis/index.ts";
import { commandLine, count, run } from "../src/command-line.ts";
import { numpyStyleScores, numpyStyleSoftmax } from "./numpy-style.ts";

const { values: asked } = commandLine({
  name: "npm run bench:analysis --",
  about:
    "Scoring and softmax of many rows against plain TypeScript, in turns, and what a calibration costs: ms, the least and the median.",
  options: {
    rows: count("N", "rows", 10_000),
    classes: count("N", "classes of a row", 1000, 2),
  },
});
const ROWS = asked.rows;
const CLASSES = asked.classes;
const ROUNDS = 5;

const reader = createKernelReader(CLASSES);
const bytes = randomRows();
const values = new Float32Array(bytes.buffer);
const targets = Int32Array.from({ length: ROWS }, (_, r) => (r * 7919) % CLASSES);
const rowAt = (r: number) => values.subarray(r * CLASSES, (r + 1) * CLASSES);

/** Both sides write into an existing matrix, because fresh pages would cost more than the arithmetic. */
const our_matrix = new Float32Array(values.length);
const plain_matrix = new Float32Array(values.length);

function ourScores(): Float64Array {
  const logprobs = new Float64Array(ROWS);
  for (let r = 0; r < ROWS; r++) logprobs[r] = reader.score(rowAt(r), targets[r]!, 1).logprob;
  return logprobs;
}

function ourSoftmax(): Float32Array {
  for (let r = 0; r < ROWS; r++) our_matrix.set(reader.probabilitiesF32(rowAt(r), 1), r * CLASSES);
  return our_matrix;
}

interface Task {
  readonly name: string;
  readonly plain: () => ArrayLike<number>;
  readonly ours: () => ArrayLike<number>;
}

const TASKS: readonly Task[] = [
  {
    name: "score (logprob and rank)",
    plain: () => numpyStyleScores(values, CLASSES, targets),
    ours: ourScores,
  },
  { name: "softmax", plain: () => numpyStyleSoftmax(values, CLASSES, plain_matrix), ours: ourSoftmax },
];

function main(): void {
  const million_values = (ROWS * CLASSES) / 1e6;
  const progress = createProgress([
    ...TASKS.map(({ name }) => ({ name, seconds: ROUNDS * million_values * 0.03 })),
    { name: "calibrate", seconds: million_values * 0.1 },
  ]);
  progress.say(
    `${cpus()[0]?.model}, Node ${process.versions.node}, ${ROWS} rows of ${CLASSES} classes, ms: min / median`,
  );
  for (const task of TASKS) {
    progress.next();
    progress.say(lineOf(task));
  }
  progress.next();
  const times: number[] = [];
  const fit = timed(() => calibrate({ values, classes: CLASSES, targets: likelyTargets() }), times);
  progress.say(
    `calibrate: ${summary(times).text}, ${fit.passes} passes for T = ${fit.temperature.toFixed(4)}, two judgements, 200 resamples`,
  );
  progress.end();
}

function lineOf(task: Task): string {
  const times = { plain: [] as number[], ours: [] as number[] };
  let difference = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const plain = timed(task.plain, times.plain);
    const ours = timed(task.ours, times.ours);
    for (let i = 0; i < ours.length; i++) difference = Math.max(difference, Math.abs(ours[i]! - plain[i]!));
  }
  const [plain, ours] = [summary(times.plain), summary(times.ours)];
  const ratio = (plain.min / ours.min).toFixed(1);
  return `${task.name}: plain ${plain.text}, ours ${ours.text}, ratio ${ratio}, largest difference ${difference.toExponential(1)}`;
}

function timed<T>(run: () => T, times: number[]): T {
  const began = performance.now();
  const result = run();
  times.push(performance.now() - began);
  return result;
}

function summary(times: readonly number[]) {
  const sorted = [...times].sort((a, b) => a - b);
  const min = sorted[0]!;
  return { min, text: `${min.toFixed(0)} / ${sorted[sorted.length >> 1]!.toFixed(0)}` };
}

/** Logits of about N(0, 3), as bytes. */
function randomRows(): Uint8Array {
  let state = 1;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state >>> 0) / 2 ** 32;
  };
  const logits = Float32Array.from({ length: ROWS * CLASSES }, () => 6 * (next() + next() + next() - 1.5));
  return new Uint8Array(logits.buffer);
}

/** The most likely class in six rows of ten, so that a temperature can be fitted. */
function likelyTargets(): Int32Array {
  return targets.map((target, r) => (r % 10 < 6 ? reader.moments(rowAt(r), 1).max_id : target));
}

await run(main);
