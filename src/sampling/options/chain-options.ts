/**
 * The chain of a request. The short form (`{ temperature: 0.8, top_k: 40 }`) becomes a chain by a preset's order; the
 * explicit form is a list.
 */
import { Problem, show } from "../../errors.ts";
import { isRecord } from "../../is-record.ts";
import { amongKnown } from "../../nearest.ts";
import { type Chain, chainOfEntries, type ParsedEntry } from "../chain.ts";
import { orderFor, type Place, type Preset, spelledOut, stageOf } from "../presets/preset.ts";
import type { Stage } from "../stage.ts";
import { STAGES } from "../stages/index.ts";
import { parseWith } from "./parse.ts";

const STAGE_BY_NAME: ReadonlyMap<string, Stage> = new Map(STAGES.map((stage) => [stage.name, stage]));

/** Stages that run before a host's own, with every preset. */
const FIRST: readonly Place[] = STAGES.filter((stage) => stage.comesFirst).map(({ name }) => name);

/** The explicit form: `[{ stage: "top_k", top_k: 40 }, { stage: "temperature", temperature: 0.7 }]`. */
export function chainFromList(list: readonly unknown[], pointer = "/chain"): Chain {
  return chainOfEntries(list.map((entry, i) => parseEntry(entry, `${pointer}/${i}`)));
}

/** The short form: the preset's stages whose option was given or has a default there, in the preset's order. */
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

/** An option that adds a stage which the preset's host lacks is an error. It is not ignored. */
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

/** The options of the short form that belong to the stage. */
function fieldsOf(stage: Stage, given: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const name of Object.keys(stage.options.shape))
    if (given[name] !== undefined) fields[name] = given[name];
  return fields;
}
