/** The results of a run of the rivals: the shape of bench/results/rivals.json. */
import type { Machine } from "../../evidence/results.ts";
import type { Agreement } from "./agreement.ts";
import type { Times } from "./race.ts";

export interface RivalResults {
  readonly machine: Machine;
  /** of the rivals' packages */
  readonly versions: Readonly<Record<string, string>>;
  readonly races: readonly Race[];
}

/** One chain over one kind of row. */
export interface Race extends RaceKey {
  readonly runners: readonly Raced[];
}

export interface RaceKey {
  readonly vocab_size: number;
  readonly rows: RowKind;
  readonly chain: string;
}

export type RowKind = "peaked" | "flat";

export interface Raced extends Times {
  readonly name: string;
  /** true when it ran only a part of the chain */
  readonly part: boolean;
  readonly agreement: Agreement;
}

/** Puts the races of a new run in place of the old ones, when both come from the same machine and versions. */
export function mergeRaces(old: RivalResults | undefined, fresh: RivalResults): RivalResults {
  if (old === undefined || !isSame(old, fresh)) return fresh;
  const replaced = old.races.map((race) => fresh.races.find((each) => isRace(each, race)) ?? race);
  const added = fresh.races.filter((race) => !old.races.some((each) => isRace(each, race)));
  return { ...fresh, races: [...replaced, ...added].sort(byPlace) };
}

export function raceOf(results: RivalResults, { vocab_size, rows, chain }: RaceKey): Race | undefined {
  return results.races.find((race) => isRace(race, { vocab_size, rows, chain }));
}

function isSame(old: RivalResults, fresh: RivalResults): boolean {
  const setting = ({ machine: { cpu, cores, node }, versions }: RivalResults) =>
    JSON.stringify({ cpu, cores, node, versions });
  return setting(old) === setting(fresh);
}

function isRace(race: RaceKey, key: RaceKey): boolean {
  return race.vocab_size === key.vocab_size && race.rows === key.rows && race.chain === key.chain;
}

function byPlace(a: RaceKey, b: RaceKey): number {
  return a.vocab_size - b.vocab_size || b.rows.localeCompare(a.rows);
}
