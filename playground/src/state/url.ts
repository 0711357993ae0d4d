/**
 * Converts the choices to the address and back:
 * `#view=sample&row=example:ship&chain=temperature(temperature=0.8)~!top_k(top_k=40)`. A stage that is switched off has
 * a "!". Values are JSON, percent-encoded. Choices that only another view needs are left out.
 */
import { type Combination, readCombination, writeCombination } from "../combine/combination.ts";
import { type PageRow, textOf } from "../rows/row.ts";
import type { Run } from "../write/runs.ts";
import { BINNINGS, BINS_MAX, BINS_MIN, type Binning, OWN_TEXT, SET_IDS, type SetId } from "./calibration.ts";
import { DEFAULT_COMPARED } from "./compared.ts";
import { type Extras, readExtras, writeExtras } from "./extras.ts";
import { readDials, writeDials } from "./learning.ts";
import { type ChainItem, type RowSource, VIEWS, type View } from "./signals.ts";
import { type Beside, readBeside, writeBeside } from "./url-beside.ts";
import { decoded, type Here, readChain, readRuns, writeChain, writeRuns } from "./url-chain.ts";

export interface Chosen {
  readonly view: View;
  readonly source: RowSource;
  readonly chain: readonly Pick<ChainItem, "stage" | "options" | "on">[];
  readonly seed: string;
  readonly step: number;
  readonly combination: Combination | undefined;
  /** tokens that stay in sight */
  readonly pins: readonly number[];
  /** the host whose order was applied to the chain; "" for none */
  readonly order: string;
  /** the written text, as the choices that reproduce it */
  readonly text: { readonly prompt: string; readonly runs: readonly Run[] };
  /** the further options of a written text, besides chain and seed */
  readonly extras: Extras;
  /** the other of two texts that are written side by side */
  readonly beside: Beside | undefined;
  readonly compare: {
    readonly names: readonly string[];
    readonly with_numbers: boolean;
    /** another engine's result, as it was pasted */
    readonly observed: string;
  };
  /** the dials of the learn view that were moved */
  readonly dials: Readonly<Record<string, number>>;
  readonly calibration: {
    readonly set: SetId;
    readonly rows: string;
    readonly bins: number;
    readonly binning: Binning;
    readonly threshold: number;
  };
}

/** Maximum length of a typed text that the address contains. */
const TEXT_MAX = 6000;

/** `row`: the displayed part of the source, used when the source itself is too long. */
export function writeHash(chosen: Chosen, row?: PageRow): string {
  const { view, chain, seed, step } = chosen;
  if (view === "learn") return `#${["view=learn", ...writeDials(chosen.dials)].join("&")}`;
  if (view === "calibrate") return `#view=calibrate${writeCalibration(chosen.calibration)}`;
  const parts = [`view=${view}`, ...writeSource(chosen.source, row), `chain=${writeChain(chain)}`];
  parts.push(`seed=${encodeURIComponent(seed)}`, `step=${step}`);
  parts.push(...writeCombination(chosen.combination));
  if (chosen.pins.length > 0) parts.push(`pins=${chosen.pins.join(",")}`);
  if (chosen.order !== "") parts.push(`order=${encodeURIComponent(chosen.order)}`);
  return `#${[...parts, ...writeText(chosen), ...writeCompare(chosen.compare)].join("&")}`;
}

function writeText({ view, source, text: { prompt, runs }, beside, chain, seed, extras }: Chosen): string[] {
  const is_shown = view === "write" || source.kind === "written";
  if (!is_shown) return [];
  const written = runs.length === 0 ? [] : [`n=${writeRuns(runs, { chain, seed, extras })}`];
  const more = writeExtras(extras);
  const with_extras = more === "" ? [] : [`with=${encodeURIComponent(more)}`];
  return [`prompt=${encodeURIComponent(prompt)}`, ...with_extras, ...written, ...writeBeside(beside)];
}

function writeCompare({ names, with_numbers, observed }: Chosen["compare"]): string[] {
  const is_default = names.join() === DEFAULT_COMPARED.join();
  return [
    ...(is_default ? [] : [`hosts=${names.map(encodeURIComponent).join(",")}`]),
    ...(with_numbers ? [] : ["numbers=off"]),
    ...(observed === "" || observed.length > TEXT_MAX ? [] : [`observed=${encodeURIComponent(observed)}`]),
  ];
}

function writeCalibration({ set, rows, bins, binning, threshold }: Chosen["calibration"]): string {
  const own = set === "own" && rows !== OWN_TEXT ? `&rows=${encodeURIComponent(rows)}` : "";
  return `&set=${set}&bins=${bins}&binning=${binning}&threshold=${threshold}${own}`;
}

/** The values in the address; undefined for absent or unreadable ones. */
export function readHash(hash: string): { readonly [Name in keyof Chosen]?: Chosen[Name] | undefined } {
  const parts = new Map(
    hash
      .replace(/^#/, "")
      .split("&")
      .map((part) => [part.split("=", 1)[0] ?? "", part.slice(part.indexOf("=") + 1)]),
  );
  const view = parts.get("view");
  const step = Number(parts.get("step"));
  const chain = readChain(parts.get("chain"));
  const seed = decoded(parts.get("seed"));
  const more = readExtras(decoded(parts.get("with")));
  return {
    view: VIEWS.find((each) => each === view),
    source: readSource(parts),
    chain,
    seed,
    step: parts.has("step") && Number.isSafeInteger(step) && step >= 0 ? step : undefined,
    combination: readCombination(decoded(parts.get("combine")), parts.get("sources")),
    pins: parts
      .get("pins")
      ?.split(",")
      .filter((id) => /^\d{1,9}$/.test(id))
      .map(Number),
    order: decoded(parts.get("order")),
    text: readText(parts, { chain: chain ?? [], seed: seed ?? "", extras: more }),
    extras: parts.has("with") ? more : undefined,
    beside: readBeside(parts),
    compare: readCompare(parts),
    dials: view === "learn" ? readDials(parts.get("dials")) : undefined,
    calibration: view === "calibrate" ? readCalibration(parts) : undefined,
  };
}

type Parts = ReadonlyMap<string, string>;

function readText(parts: Parts, here: Here): Chosen["text"] | undefined {
  const prompt = decoded(parts.get("prompt"));
  return prompt === undefined ? undefined : { prompt, runs: readRuns(parts.get("n"), here) ?? [] };
}

function readCompare(parts: Parts): Chosen["compare"] | undefined {
  const names = parts
    .get("hosts")
    ?.split(",")
    .map((name) => decoded(name) ?? "");
  const with_numbers = parts.get("numbers") !== "off";
  const observed = decoded(parts.get("observed")) ?? "";
  if (names === undefined && with_numbers && observed === "") return undefined;
  return { names: names?.filter((name) => name !== "") ?? DEFAULT_COMPARED, with_numbers, observed };
}

/** Missing or invalid parts get their initial values. */
function readCalibration(parts: Parts): Chosen["calibration"] {
  const number = (name: string, low: number, high: number, otherwise: number) => {
    const value = Number(parts.get(name) ?? Number.NaN);
    return value >= low && value <= high ? value : otherwise;
  };
  return {
    set: SET_IDS.find((id) => id === parts.get("set")) ?? "digits",
    rows: decoded(parts.get("rows")) ?? OWN_TEXT,
    bins: Math.round(number("bins", BINS_MIN, BINS_MAX, 15)),
    binning: BINNINGS.find((each) => each === parts.get("binning")) ?? "equal_width",
    threshold: number("threshold", 0.5, 0.999, 0.95),
  };
}

function writeSource(source: RowSource, row: PageRow | undefined): string[] {
  if (source.kind === "example") return [`row=example:${source.id}`];
  if (source.kind === "written") return [`row=written:${source.index}`];
  if (source.kind === "text" && source.text.length <= TEXT_MAX)
    return [
      `row=text:${encodeURIComponent(source.text)}`,
      ...(source.before === "" ? [] : [`before=${encodeURIComponent(source.before)}`]),
      ...(source.at === 0 ? [] : [`at=${source.at}`]),
    ];
  const short = row && textOf(row);
  if (short === undefined || row === undefined)
    return [`row=file:${encodeURIComponent(source.kind === "file" ? source.name : "a long text")}`];
  const before = row.text === "" ? [] : [`before=${encodeURIComponent(row.text)}`];
  return [`row=text:${encodeURIComponent(short)}`, ...before];
}

function readSource(parts: Parts): RowSource | undefined {
  const text = parts.get("row") ?? "";
  const value = decoded(text.slice(text.indexOf(":") + 1));
  if (value === undefined || !text.includes(":")) return undefined;
  const [kind = ""] = text.split(":", 1);
  const at = Number(parts.get("at") ?? 0);
  const readers: Readonly<Record<string, () => RowSource | undefined>> = {
    example: () => ({ kind: "example", id: value }),
    file: () => ({ kind: "file", name: value }),
    written: () => (/^\d{1,6}$/.test(value) ? { kind: "written", index: Number(value) } : undefined),
    text: () => ({
      kind: "text",
      text: value,
      before: decoded(parts.get("before")) ?? "",
      at: Number.isSafeInteger(at) && at > 0 ? at : 0,
    }),
  };
  return Object.hasOwn(readers, kind) ? readers[kind]?.() : undefined;
}
