/** Stops: conditions that end a text, in the order in which they are checked. This file knows no single stop. */
import * as z from "zod";
import { show } from "../../errors.ts";
import { parseWith } from "../options/parse.ts";
import type { UncertainSide } from "../report/uncertainty.ts";
import { confidence } from "./confidence.ts";
import { entropy } from "./entropy.ts";
import { loop } from "./loop.ts";
import { max_tokens } from "./max-tokens.ts";
import { sequences } from "./sequences.ts";
import type { Generated, Stop } from "./stop.ts";
import { strings } from "./strings.ts";
import { token_ids } from "./token-ids.ts";
import { RECENT, type Recent, withNumber } from "./window.ts";

/** The first stop that applies names the reason. */
export const STOPS: readonly Stop[] = [
  token_ids,
  sequences,
  strings,
  max_tokens,
  loop,
  entropy,
  confidence,
] as Stop[]; // each receives options that its own schema parsed

export const FINISH_REASONS: readonly string[] = [
  ...new Set(STOPS.map(({ finish_reason }) => finish_reason)),
];

/** `{"token_ids": [2], "max_tokens": 256}`. */
export const STOP_OPTIONS = z.strictObject(
  Object.fromEntries(STOPS.map(({ name, options }) => [name, options.optional()])),
  {
    error: ({ code, input }) =>
      code === "invalid_type" ? `must be an object like {"token_ids": [2]}, got ${show(input)}` : undefined,
  },
);

/** A stop and its options. */
interface Asked {
  readonly stop: Stop;
  readonly options: unknown;
}

/** The stops of a step, in their order. */
export type Stops = readonly Asked[];

export function stopsOf(given: Readonly<Record<string, unknown>>): Stops {
  return STOPS.filter(({ name }) => given[name] !== undefined).map((stop) => ({
    stop,
    options: given[stop.name],
  }));
}

/** True when any of them reads the row. */
export function measuresRow(stops: Stops): boolean {
  return stops.some(({ stop }) => stop.measure !== undefined);
}

/** The checked states of the stops that read rows: from the request, or the initial state. */
export function stopStates(stops: Stops, given: Readonly<Record<string, unknown>>): Record<string, Recent> {
  const states: Record<string, Recent> = {};
  for (const { stop } of stops) {
    if (stop.measure === undefined) continue;
    const state = given[stop.name];
    states[stop.name] = state === undefined ? FIRST : parseWith(RECENT, state, `/state/${stop.name}`);
  }
  return states;
}

const FIRST: Recent = { recent: [] };

export interface Finish {
  /** null: the text continues */
  readonly finish_reason: string | null;
  /** number of bytes at the end of the text that belong to the stop */
  readonly stop_bytes: number;
  /** the states after this step, of the stops that have one */
  readonly states: Readonly<Record<string, Recent>>;
}

/** Checks the stops for a text whose last token was just drawn from this row. */
export function finishOf(
  stops: Stops,
  text: Generated,
  states: Readonly<Record<string, unknown>>,
  row: UncertainSide | undefined,
): Finish {
  const next: Record<string, Recent> = {};
  let finish_reason: string | null = null;
  let stop_bytes = 0;
  for (const { stop, options } of stops) {
    const { name, measure } = stop;
    if (measure !== undefined && row !== undefined)
      next[name] = withNumber(states[name] as Recent, measure.of(row, options), measure.window(options)); // stopStates has checked it
    if (finish_reason !== null || !stop.isDue(options, text, next[name]?.recent ?? [])) continue;
    finish_reason = stop.finish_reason;
    stop_bytes = stop.bytes?.(options, text) ?? 0;
  }
  return { finish_reason, stop_bytes, states: next };
}
