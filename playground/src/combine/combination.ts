/** Several rows for one step: the rule that combines them, its options, and the source of the further rows. */
import { computed, effect, signal } from "@preact/signals";
import { Refusal, request } from "../api/client.ts";
import type { OptionSchema } from "../api/wire.ts";
import { EXAMPLES } from "../rows/examples.ts";
import type { PageRow } from "../rows/row.ts";
import { row } from "../state/signals.ts";

/** A rule as GET /v1/combinations lists it. */
export interface RuleInfo {
  readonly name: string;
  readonly summary: string;
  readonly formula: string;
  readonly source: { readonly title: string; readonly url: string };
  readonly example: Readonly<Record<string, unknown>>;
  readonly options: { readonly properties: Readonly<Record<string, OptionSchema>> };
  /** the role of each row in the combination */
  readonly sources: readonly string[];
}

export interface Combination {
  /** as it is sent */
  readonly combine: Readonly<Record<string, unknown>> & { readonly rule: string };
  /** the further rows, by the names of the examples */
  readonly examples: readonly string[];
}

/** A combination with its rows. */
export interface Combined {
  readonly combine: Combination["combine"];
  readonly rows: readonly PageRow[];
}

/** undefined while they are loading */
export const rules = signal<readonly RuleInfo[] | undefined>(undefined);
export const combination = signal<Combination | undefined>(undefined);

const further = signal<{ readonly names: string; readonly rows: readonly PageRow[] }>({
  names: "",
  rows: [],
});

/** True while the further rows are being computed: a step of the first row alone would be wrong. */
export const is_awaited = computed(
  () => combination.value !== undefined && further.value.names !== combination.value.examples.join(),
);

/** also undefined when the further rows are not as long as the first */
export const combined = computed<Combined | undefined>(() => {
  const [of, first] = [combination.value, row.value];
  const { rows } = further.value;
  if (of === undefined || first === undefined || is_awaited.value) return undefined;
  const fits = rows.every(
    ({ vocab_size, dtype }) => vocab_size === first.vocab_size && dtype === first.dtype,
  );
  return fits ? { combine: of.combine, rows } : undefined;
});

/** Reads the rules once, and the further rows whenever the choice of rows changes. */
export function keepCombining(): void {
  void loadRules();
  effect(() => {
    const of = combination.value;
    void loadRows(of?.examples ?? []);
  });
}

async function loadRules(): Promise<void> {
  try {
    rules.value = (await request<{ rules: readonly RuleInfo[] }>("/v1/combinations", {})).rules;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    rules.value = [];
  }
}

const loaded = new Map<string, Promise<PageRow>>();

async function loadRows(names: readonly string[]): Promise<void> {
  const rows = await Promise.all(
    names.map((name) => {
      const known = loaded.get(name) ?? EXAMPLES.find(({ id }) => id === name)?.load();
      if (known === undefined) throw new Error(`there is no example ${name}`);
      loaded.set(name, known);
      return known;
    }),
  );
  further.value = { names: names.join(), rows };
}

/** Begins to combine by a rule, with the service's example of its options; rows that were already chosen stay. */
export function combineBy(rule: RuleInfo | undefined): void {
  const before = combination.value?.examples ?? [];
  combination.value =
    rule === undefined
      ? undefined
      : {
          combine: { ...rule.example, rule: rule.name },
          examples: rule.sources.slice(1).map((_, i) => before[i] ?? "short"),
        };
}

export function setCombineOption(name: string, value: unknown): void {
  const of = combination.value;
  if (of === undefined) return;
  const { [name]: _, ...others } = of.combine;
  // the rule itself is never removed
  const combine = (value === undefined ? others : { ...others, [name]: value }) as Combination["combine"];
  combination.value = { ...of, combine };
}

export function setFurther(place: number, example: string): void {
  const of = combination.value;
  if (of !== undefined) combination.value = { ...of, examples: of.examples.with(place, example) };
}

/** `combine={"rule":…}&sources=short` */
export function writeCombination(of: Combination | undefined): string[] {
  if (of === undefined) return [];
  return [`combine=${encodeURIComponent(JSON.stringify(of.combine))}`, `sources=${of.examples.join(",")}`];
}

export function readCombination(
  combine: string | undefined,
  sources: string | undefined,
): Combination | undefined {
  const examples = (sources ?? "").split(",");
  if (combine === undefined || !examples.every((name) => EXAMPLES.some(({ id }) => id === name)))
    return undefined;
  try {
    const read = JSON.parse(combine) as Partial<Combination["combine"]> | null; // the service judges the options
    return typeof read?.rule === "string" ? { combine: { ...read, rule: read.rule }, examples } : undefined;
  } catch {
    return undefined;
  }
}
