/** Chains in the address, and the runs of a written text: `5@7@temperature(temperature=0.8);15`. */
import type { ChainList } from "../rows/examples.ts";
import { isSameDrawing, type Run } from "../write/runs.ts";
import { type Extras, readExtras, writeExtras } from "./extras.ts";
import type { ChainItem } from "./signals.ts";

type Stage = Pick<ChainItem, "stage" | "options" | "on">;

/** The model's context, which no text can exceed. */
const TOKENS_MAX = 10_000;

export function writeChain(chain: readonly Stage[]): string {
  return chain.map(writeStage).join("~");
}

function writeStage({ stage, options, on }: Stage): string {
  const values = Object.entries(options).map(([name, value]) => `${name}=${writeValue(value)}`);
  return `${on ? "" : "!"}${stage}(${values.join(",")})`;
}

/** encodeURIComponent leaves ( ) ~ ' ! * unchanged; three of them would end a value here. */
function writeValue(value: unknown): string {
  return encodeURIComponent(JSON.stringify(value)).replace(
    /[()~]/g,
    (char) => `%${char.charCodeAt(0).toString(16)}`,
  );
}

export function readChain(text: string | undefined): readonly Stage[] | undefined {
  if (text === undefined) return undefined;
  if (text === "") return [];
  const stages = text.split("~").map(readStage);
  return stages.every((stage) => stage !== undefined) ? stages : undefined;
}

function readStage(text: string): Stage | undefined {
  const match = /^(!?)([a-z_]+)\((.*)\)$/.exec(text);
  if (match === null) return undefined;
  const options: Record<string, unknown> = {};
  for (const pair of (match[3] ?? "").split(",").filter((part) => part !== "")) {
    const value = readValue(pair.slice(pair.indexOf("=") + 1));
    if (value === undefined) return undefined;
    options[pair.split("=", 1)[0] ?? ""] = value;
  }
  return { stage: match[2] ?? "", options, on: match[1] === "" };
}

function readValue(text: string): unknown {
  try {
    return JSON.parse(decodeURIComponent(text));
  } catch {
    return undefined;
  }
}

/** The chain of the request: only the stages that are switched on. */
function sent(chain: readonly Stage[]): ChainList {
  return chain.filter(({ on }) => on).map(({ stage, options }) => ({ ...options, stage }));
}

/** The present values, for runs in an address that do not have their own. */
export interface Here {
  readonly chain: readonly Stage[];
  readonly seed: string;
  readonly extras: Extras;
}

/** A run with the seed, chain and options of the address itself is only its number. */
export function writeRuns(runs: readonly Run[], { chain, seed, extras }: Here): string {
  const here = { seed, chain: sent(chain), extras };
  return runs
    .map((run) => {
      if (isSameDrawing(run, here)) return String(run.tokens);
      const stages = run.chain.map(({ stage, ...options }) => ({ stage, options, on: true }));
      const own = writeExtras(run.extras);
      const more = own === "" ? "" : `@${encodeURIComponent(own)}`;
      return `${run.tokens}@${encodeURIComponent(run.seed)}@${writeChain(stages)}${more}`;
    })
    .join(";");
}

export function readRuns(text: string | undefined, here: Here): readonly Run[] | undefined {
  const runs = text?.split(";").map((part): Run | undefined => {
    const [count = "", own_seed, own_chain, own_extras] = part.split("@");
    const tokens = Number(count);
    if (!/^\d+$/.test(count) || tokens < 1 || tokens > TOKENS_MAX) return undefined;
    if (own_seed === undefined)
      return { tokens, seed: here.seed, chain: sent(here.chain), extras: here.extras };
    const seed = decoded(own_seed);
    const stages = readChain(own_chain);
    return seed === undefined || stages === undefined
      ? undefined
      : { tokens, seed, chain: sent(stages), extras: readExtras(decoded(own_extras)) };
  });
  return runs?.every((run) => run !== undefined) ? runs : undefined;
}

export function decoded(text: string | undefined): string | undefined {
  try {
    return text === undefined ? undefined : decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
