/**
 * The chain: stages in the order in which they run, each with its checked options. The short form
 * (`{ temperature: 0.8, top_k: 40 }`) is turned into a chain by a preset's order; the explicit form is a list.
 * Nothing here knows any single stage: what must be known, the stage declares.
 */
import { Problem, show } from "../errors.ts";
import { amongKnown } from "../nearest.ts";
import type { Candidates } from "./candidates/candidates.ts";
import type { StepContext } from "./context.ts";
import type { StepText } from "./history/step-text.ts";
import { isRecord, parseWith } from "./options/parse.ts";
import { orderFor, type Place, type Preset, spelledOut, stageOf } from "./presets/preset.ts";
import type { Skipped, Stage, StageOptions, Told } from "./stage.ts";
import { STAGES } from "./stages/index.ts";

export interface ChainEntry {
  readonly stage: Stage;
  readonly options: StageOptions;
  /** why it does not run: its options are neutral, or a greedy chain makes it pointless */
  readonly skipped: Skipped | undefined;
}

export type Chain = readonly ChainEntry[];

const STAGE_BY_NAME: ReadonlyMap<string, Stage> = new Map(STAGES.map((stage) => [stage.name, stage]));

/** Stages that come before a host's own, whichever the preset. */
const FIRST: readonly Place[] = STAGES.filter((stage) => stage.comesFirst).map(({ name }) => name);

/** Runs every stage that has something to do; at least one candidate is left, or a Problem names who masked the last. */
export function runChain(chain: Chain, candidates: Candidates, context: StepContext): void {
  for (let i = 0; i < chain.length; i++) runStage(chain[i] as ChainEntry, candidates, context); // i < length
}

/** Runs one of them, as far as it is not skipped. */
export function runStage(
  { stage, options, skipped }: ChainEntry,
  candidates: Candidates,
  context: StepContext,
): void {
  if (skipped !== undefined) return;
  candidates.beginStage(stage.name);
  stage.apply(candidates, options, context);
  candidates.endStage(stage.name);
}

/** Whether all is there that stages may take long to make. */
export function isPrepared(chain: Chain, text: StepText): boolean {
  for (const { stage, options, skipped } of chain)
    if (skipped === undefined && stage.isPrepared?.(options, text) === false) return false;
  return true;
}

/** Makes it, a piece at a time. */
export function* prepareChain(chain: Chain, text: StepText): Generator<undefined, void> {
  for (const { stage, options, skipped } of chain)
    if (skipped === undefined && stage.prepare !== undefined) yield* stage.prepare(options, text);
}

/** What the stages tell of a drawn token; undefined when none does. */
export function toldBy(chain: Chain, context: StepContext, token_id: number): Told | undefined {
  let told: Told | undefined;
  for (const { stage, options, skipped } of chain)
    if (skipped === undefined && stage.tells !== undefined)
      told = { ...told, ...stage.tells(options, context, token_id) };
  return told;
}

/** The states after a draw, of the stages that carry one; null when none does. */
export function nextStates(
  chain: Chain,
  states: Readonly<Record<string, unknown>>,
  candidates: Candidates,
  context: StepContext,
  token_id: number,
): Readonly<Record<string, unknown>> | null {
  if (isEmpty(states)) return null;
  const drawn = {
    token_id,
    context,
    logprob: () => candidates.logprob(token_id),
    remembered: context.remembered.of(token_id),
  };
  const next: Record<string, unknown> = {};
  for (const { stage, options, skipped } of chain) {
    if (stage.state === undefined) continue;
    const state = states[stage.name];
    next[stage.name] = skipped === undefined ? stage.state.next(state, options, drawn) : state;
  }
  return next;
}

/** Whether no stage carries a state: each that does has one from the start. */
function isEmpty(states: Readonly<Record<string, unknown>>): boolean {
  for (const _ in states) return false;
  return true;
}

/** The explicit form: `[{ stage: "top_k", top_k: 40 }, { stage: "temperature", temperature: 0.7 }]`. */
export function chainFromList(list: readonly unknown[], pointer = "/chain"): Chain {
  return chainOfEntries(list.map((entry, i) => parseEntry(entry, `${pointer}/${i}`)));
}

/** The short form: the preset's stages whose option was given, or has a default there, in the preset's order. */
export function chainFromShortForm(written: Readonly<Record<string, unknown>>, preset: Preset): Chain {
  const given = spelledOut(preset, written);
  const present = { ...preset.defaults, ...given };
  const { order: of_host, because } = orderFor(preset, present);
  const order = [...FIRST, ...of_host];
  requireInOrder(given, order, `preset "${preset.name}"${because === undefined ? "" : ` with ${because}`}`);
  const places = order.filter((place) => isOn(place, present));
  const replaced = places.flatMap((place) => stageNamed(stageOf(place)).replaces ?? []);
  return chainOfEntries(
    places
      .filter((place) => !replaced.includes(stageOf(place)))
      .map((place) => {
        const stage = stageNamed(stageOf(place));
        if (typeof place !== "string") return parseStage(stage, place, "");
        const { rules, fixed } = preset;
        const options = { ...rules[place], ...fieldsOf(stage, present), ...fixed?.[place] };
        return parseStage(stage, { stage: place, ...options }, "");
      }),
  );
}

function isOn(place: Place, options: Readonly<Record<string, unknown>>): boolean {
  return typeof place !== "string" || options[triggerOf(stageNamed(place))] !== undefined;
}

/** An option that would add a stage which the preset's host does not have is an error, not ignored. */
function requireInOrder(
  given: Readonly<Record<string, unknown>>,
  order: readonly Place[],
  host: string,
): void {
  for (const stage of STAGES) {
    const trigger = triggerOf(stage);
    if (given[trigger] === undefined || order.includes(stage.name)) continue;
    throw new Problem(
      "option_conflict",
      `${host} has no stage ${stage.name}; list the stages in chain`,
      `/${trigger}`,
    );
  }
}

/** The option of the short form that adds a stage to the chain. */
function triggerOf(stage: Stage): string {
  return stage.trigger ?? stage.name;
}

interface ParsedEntry {
  readonly stage: Stage;
  readonly options: StageOptions;
}

/** A chain of these stages with their options, in this order. */
export function chainOfEntries(parts: readonly ParsedEntry[]): Chain {
  const [from, greedy_at] = pointlessRange(parts);
  return parts.map(({ stage, options }, i) => {
    if (stage.isNeutral(options)) return { stage, options, skipped: "neutral" };
    return { stage, options, skipped: i >= from && i < greedy_at ? "greedy" : undefined };
  });
}

/**
 * The stages that a greedy one makes pointless: those right before it, as far as all of them keep the argmax. What
 * stands before a stage that may change it must run: a penalty could lift a token that was removed by then.
 */
function pointlessRange(parts: readonly ParsedEntry[]): readonly [from: number, greedy_at: number] {
  const greedy_at = parts.findIndex(({ stage, options }) => stage.isGreedy?.(options));
  let from = greedy_at;
  while (from > 0 && keepsArgmax(parts[from - 1] as ParsedEntry)) from--; // from > 0
  return [from, greedy_at];
}

function keepsArgmax({ stage, options }: ParsedEntry): boolean {
  return stage.keepsArgmax || stage.keepsArgmaxWith?.(options) === true || stage.isNeutral(options);
}

function parseEntry(entry: unknown, pointer: string): ParsedEntry {
  if (!isRecord(entry) || typeof entry["stage"] !== "string")
    throw new Problem(
      "invalid_option",
      'an entry of chain must be an object like {"stage": "top_k", "top_k": 40}',
      pointer,
    );
  return parseStage(stageNamed(entry["stage"], `${pointer}/stage`), entry, pointer);
}

function parseStage(stage: Stage, options: unknown, pointer: string): ParsedEntry {
  return { stage, options: parseWith(stage.options, options, pointer) };
}

function stageNamed(name: string, pointer = ""): Stage {
  const stage = STAGE_BY_NAME.get(name);
  if (stage) return stage;
  const names = [...STAGE_BY_NAME.keys()];
  const sentence = `there is no stage ${show(name)}${amongKnown(name, names)}`;
  throw new Problem("unknown_stage", sentence, pointer);
}

/** Those options of the short form that belong to the stage. */
function fieldsOf(stage: Stage, given: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const name of Object.keys(stage.options.shape))
    if (given[name] !== undefined) fields[name] = given[name];
  return fields;
}
