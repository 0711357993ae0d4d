/**
 * What is chosen ⇄ the address: `#view=sample&row=example:ship&chain=temperature(temperature=0.8)~!top_k(top_k=40)`.
 * A stage that is switched off has a "!". Values are JSON, percent-encoded.
 */
import type { ChainItem, RowSource, View } from "./signals.ts";

export interface Chosen {
  readonly view: View;
  readonly source: RowSource;
  readonly chain: readonly Pick<ChainItem, "stage" | "options" | "on">[];
  readonly seed: string;
  readonly step: number;
}

/** A row that was typed in goes along up to this length. */
const TEXT_MAX = 4000;

export function writeHash({ view, source, chain, seed, step }: Chosen): string {
  const parts = [`view=${view}`, `row=${writeSource(source)}`, `chain=${chain.map(writeStage).join("~")}`];
  parts.push(`seed=${encodeURIComponent(seed)}`, `step=${step}`);
  return `#${parts.join("&")}`;
}

/** What the address says; undefined for what it does not say or that cannot be read. */
export function readHash(hash: string): { readonly [Name in keyof Chosen]?: Chosen[Name] | undefined } {
  const parts = new Map(
    hash
      .replace(/^#/, "")
      .split("&")
      .map((part) => [part.split("=", 1)[0] ?? "", part.slice(part.indexOf("=") + 1)]),
  );
  const view = parts.get("view");
  const step = Number(parts.get("step"));
  return {
    view: view === "sample" || view === "write" || view === "calibrate" ? view : undefined,
    source: readSource(parts.get("row")),
    chain: readChain(parts.get("chain")),
    seed: decoded(parts.get("seed")),
    step: parts.has("step") && Number.isSafeInteger(step) && step >= 0 ? step : undefined,
  };
}

function writeSource(source: RowSource): string {
  if (source.kind === "example") return `example:${source.id}`;
  if (source.kind === "text" && source.text.length <= TEXT_MAX)
    return `text:${encodeURIComponent(source.text)}`;
  return source.kind;
}

function readSource(text: string | undefined): RowSource | undefined {
  if (text?.startsWith("example:")) return { kind: "example", id: text.slice(8) };
  const typed = text?.startsWith("text:") ? decoded(text.slice(5)) : undefined;
  return typed === undefined ? undefined : { kind: "text", text: typed };
}

function writeStage({ stage, options, on }: Chosen["chain"][number]): string {
  const values = Object.entries(options).map(([name, value]) => `${name}=${writeValue(value)}`);
  return `${on ? "" : "!"}${stage}(${values.join(",")})`;
}

/** encodeURIComponent leaves ( ) ~ ' ! * as they are, of which three would end a value here. */
function writeValue(value: unknown): string {
  return encodeURIComponent(JSON.stringify(value)).replace(
    /[()~]/g,
    (char) => `%${char.charCodeAt(0).toString(16)}`,
  );
}

function readChain(text: string | undefined): Chosen["chain"] | undefined {
  if (text === undefined) return undefined;
  if (text === "") return [];
  const stages = text.split("~").map(readStage);
  return stages.every((stage) => stage !== undefined) ? stages : undefined;
}

function readStage(text: string): Chosen["chain"][number] | undefined {
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

function decoded(text: string | undefined): string | undefined {
  try {
    return text === undefined ? undefined : decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
