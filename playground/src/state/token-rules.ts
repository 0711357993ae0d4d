/**
 * The actions for one token: ban it, make it likelier, allow it alone. Each is an option of a stage at the beginning of
 * the chain, and so part of the request, the address and the code. The page knows only these two stages by name.
 */
import type { ChainList } from "../rows/examples.ts";
import { addStageFirst, removeStage, setOption } from "./chain.ts";
import { chain } from "./signals.ts";

const BIAS = "logit_bias";
const ALLOWED = "allowed_token_ids";

type Biases = Readonly<Record<string, number | string>>;

export function biasOf(token_id: number): number | string | undefined {
  return biases()[String(token_id)];
}

/** undefined removes the bias; "-inf" bans the token. */
export function setBias(token_id: number, bias: number | "-inf" | undefined): void {
  const { [String(token_id)]: _, ...others } = biases();
  const all = bias === undefined || bias === 0 ? others : { ...others, [String(token_id)]: bias };
  setRule(BIAS, all, Object.keys(all).length === 0);
}

export function isAllowed(token_id: number): boolean {
  return allowed().includes(token_id);
}

/** True when only some tokens may be drawn. */
export function hasAllowed(): boolean {
  return stage(ALLOWED) !== undefined;
}

/** Adds a token to the only allowed ones, or removes it from them. */
export function allow(token_id: number, is_allowed: boolean): void {
  const others = allowed().filter((id) => id !== token_id);
  const all = is_allowed ? [...others, token_id] : others;
  setRule(ALLOWED, all, all.length === 0);
}

/** The chain that draws this token from any row. */
export function forcing(token_id: number): ChainList {
  return [{ stage: ALLOWED, [ALLOWED]: [token_id] }];
}

/** The token that a chain forces; undefined for chains that allow several. */
export function forcedBy(list: ChainList): number | undefined {
  const [entry] = list;
  const ids = entry?.stage === ALLOWED ? entry[ALLOWED] : undefined;
  return list.length === 1 && isIds(ids) && ids.length === 1 ? ids[0] : undefined;
}

/** Adds the stage at the beginning when it is missing, and removes it when it has no effect any more. */
function setRule(name: string, value: unknown, is_empty: boolean): void {
  const item = stage(name);
  if (item === undefined) {
    if (!is_empty) addStageFirst({ stage: name, [name]: value });
  } else if (is_empty) removeStage(item.key);
  else setOption(item.key, name, value);
}

function stage(name: string) {
  return chain.value.find((item) => item.stage === name && item.on);
}

function biases(): Biases {
  const given = stage(BIAS)?.options[BIAS];
  return typeof given === "object" && given !== null && !Array.isArray(given) ? (given as Biases) : {}; // the service judges the values
}

function allowed(): readonly number[] {
  const given = stage(ALLOWED)?.options[ALLOWED];
  return isIds(given) ? given : [];
}

function isIds(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((id) => typeof id === "number");
}
