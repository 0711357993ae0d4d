/**
 * Runs all rivals in turns: in each round every rival takes every row once. So machine load affects all equally, and no
 * row is still in a core's cache at its next turn. A slow rival stops when its time is spent; the others continue.
 */
import type { Runner } from "./rival.ts";

export interface Times {
  readonly steps: number;
  readonly min_us: number;
  readonly median_us: number;
}

const ROUNDS = 24;
/** A rival stops when this time is used up, but runs at least STEPS_MIN steps. */
const BUDGET_US = 300_000;
const STEPS_MIN = 4;
/**
 * Warm-up steps before the first round: a service runs thousands of steps, and its code is compiled after some
 * hundreds.
 */
const WARM_UP_US = 120_000;
const WARM_UP_STEPS = 3000;

export async function race(runners: readonly Runner[], rows: readonly Float32Array[]): Promise<Times[]> {
  for (const runner of runners) await warmUp(runner, rows);
  const tracks = runners.map((runner) => ({ runner, samples: [] as number[], spent_us: 0 }));
  for (let round = 0; round < ROUNDS; round++) for (const track of tracks) await runOnce(track, rows);
  return tracks.map(({ samples }) => timesOf(samples));
}

async function warmUp(runner: Runner, rows: readonly Float32Array[]): Promise<void> {
  let spent_us = 0;
  for (let step = 0; step < WARM_UP_STEPS && spent_us < WARM_UP_US; step++)
    spent_us += await microseconds(runner, rows[step % rows.length]!, 0.5);
}

interface Track {
  readonly runner: Runner;
  readonly samples: number[];
  spent_us: number;
}

async function runOnce(track: Track, rows: readonly Float32Array[]): Promise<void> {
  const { runner, samples } = track;
  for (const row of rows) {
    if (track.spent_us > BUDGET_US && samples.length >= STEPS_MIN) return;
    const time = await microseconds(runner, row, (samples.length * 0.618034) % 1);
    samples.push(time);
    track.spent_us += time;
  }
}

async function microseconds(runner: Runner, row: Float32Array, uniform: number): Promise<number> {
  const start = process.hrtime.bigint();
  const token = runner.step(row, uniform);
  if (typeof token !== "number") await token;
  return Number(process.hrtime.bigint() - start) / 1000;
}

export function timesOf(samples: readonly number[]): Times {
  const sorted = [...samples].sort((a, b) => a - b);
  return { steps: sorted.length, min_us: sorted[0]!, median_us: sorted[sorted.length >> 1]! };
}
