/**
 * Helpers for pages with measured figures: where the figures are stored, the comparison of one runner with ours, and
 * the format of numbers.
 */

import type { Chain } from "../../bench/rivals/chains.ts";
import { type Raced, type RivalResults, type RowKind, raceOf } from "../../bench/rivals/results.ts";
import { readResults } from "../../evidence/results.ts";

/** Length of the rows in pages. */
export const SIZE = 128_256;
export const ROW_KINDS: readonly RowKind[] = ["peaked", "flat"];

/** When figures are missing, throws the command that makes them. */
export function results<Results>(name: string, command: string): Results {
  const found = readResults<Results>(name);
  if (found === undefined)
    throw new Error(`bench/results/${name}.json is missing: npm run ${command} -- --write`);
  return found;
}

export function racedBy(
  found: RivalResults,
  vocab_size: number,
  rows: RowKind,
  { id }: Chain,
): ReadonlyMap<string, Raced> {
  const race = raceOf(found, { vocab_size, rows, chain: id });
  return new Map(race?.runners.map((runner) => [runner.name, runner]));
}

export function times(rival: Raced | undefined, ours: Raced): string {
  if (rival === undefined) return "–";
  return `${figure(rival.min_us / ours.min_us)}x${rival.part ? " \\*" : ""}`;
}

export function versionsText(versions: Readonly<Record<string, string>>): string {
  return Object.entries(versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(", ");
}

/** At least three digits: 6.83, 54.1, 1,234. */
export function figure(value: number): string {
  if (value >= 100) return thousands(Math.round(value));
  return value.toPrecision(3);
}

export function thousands(value: number): string {
  return value.toLocaleString("en");
}
