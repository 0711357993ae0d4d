/** Runs commands within a test; all of them share the same rows. */
import { expect, vi } from "vitest";
import { COMMANDS } from "../../src/commands/index.ts";
import { Interrupted } from "../../src/commands/rows/interrupted.ts";
import { standardOutput } from "../../src/commands/rows/output.ts";

/** The standard error of the last command. */
export const said = () => complained;
let complained = "";

/** Runs a command and returns its standard output; standard error does not go to the screen. */
export async function run(name: string, ...words: string[]): Promise<string> {
  let out = "";
  complained = "";
  const stdout = vi.spyOn(standardOutput, "write").mockImplementation((text) => {
    out += text;
  });
  const stderr = vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    complained += String(text);
    return true;
  });
  try {
    const command = await COMMANDS.find((each) => each.name === name)?.load();
    await command?.run(words);
  } finally {
    stdout.mockRestore();
    stderr.mockRestore();
  }
  return out;
}

/** Runs a command that gets a signal after a few turns of the event loop; here it makes one turn every 64 rows. */
export async function interrupted(signal: NodeJS.Signals, name: string, ...words: string[]): Promise<void> {
  let now = 0;
  const clock = vi.spyOn(performance, "now").mockImplementation(() => {
    now += 1000;
    return now;
  });
  let turns = 3;
  const turn = (): unknown => (turns-- > 0 ? setImmediate(turn) : process.emit(signal, signal));
  setImmediate(turn);
  try {
    await expect(run(name, ...words)).rejects.toThrow(Interrupted);
  } finally {
    clock.mockRestore();
  }
}

export const CLASSES = 5;
export const ROWS = 400;
let state = 3;
const next = () => {
  state = (Math.imul(state, 1664525) + 1013904223) | 0;
  return (state >>> 0) / 2 ** 32;
};
export const logits = Float32Array.from({ length: ROWS * CLASSES }, () => 5 * (next() + next() - 1));
export const rowAt = (r: number) => logits.subarray(r * CLASSES, (r + 1) * CLASSES);
export const targets = Int32Array.from({ length: ROWS }, (_, r) =>
  next() < 0.5 ? rowAt(r).indexOf(Math.max(...rowAt(r))) : Math.floor(next() * CLASSES),
);
