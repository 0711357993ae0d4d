/** What a preset is: the stage order, the defaults and the rules of one host, as plain data. */

/** A stage in its place: by name, switched on by its option; or with options, and then it always runs. */
export type Place = string | Readonly<Record<string, unknown> & { stage: string }>;

/** Options by stage. */
export type Rules = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** Another order that holds while an option of the short form has one of some values, or is above one. */
export interface OtherOrder {
  readonly option: string;
  readonly values?: readonly unknown[];
  readonly above?: number;
  readonly order: readonly Place[];
}

/** What a host reports where the request does not say it: options of the reply. */
export interface Reports {
  readonly logprobs_mode?: "raw" | "before_temperature" | "behind_temperature" | "processed";
  readonly rank_ties?: "by_id" | "counted";
}

/** A value that the host takes for an option, and what is meant by it here. */
export interface Spelling {
  readonly option: string;
  readonly written: unknown;
  readonly means: unknown;
}

/** One of several codes of a host that do the same step differently. What it does not say, the preset says. */
export interface Variant {
  readonly name: string;
  /** what sets it apart, and who gets it */
  readonly summary: string;
  readonly source: { readonly title: string; readonly url: string };
  readonly order?: readonly Place[];
  readonly instead?: OtherOrder;
  /** in place of the preset's rules of the same stages */
  readonly rules?: Rules;
  /** besides the preset's */
  readonly notes?: readonly string[];
}

export interface Preset {
  readonly name: string;
  readonly summary: string;
  /** where the host's order can be read */
  readonly source: { readonly title: string; readonly url: string };
  /** stages in the order in which the host applies them */
  readonly order: readonly Place[];
  readonly instead?: OtherOrder;
  /** options of the short form that hold when the request does not give them */
  readonly defaults: Readonly<Record<string, unknown>>;
  /** the host's variants of a rule: stage → options that hold when the request does not give them */
  readonly rules: Rules;
  /** options that a stage of the host does not have: stage → what holds whatever the request says for other stages */
  readonly fixed?: Rules;
  readonly reports?: Reports;
  readonly spellings?: readonly Spelling[];
  /** the seed by which the host means that it draws one: a request with it has none */
  readonly seed_drawn_for?: -1;
  /** the first holds when the request names none */
  readonly variants?: readonly Variant[];
  /** where the host does something else that is not reproduced here, or does it otherwise */
  readonly notes: readonly string[];
}

export function stageOf(place: Place): string {
  return typeof place === "string" ? place : place.stage;
}

/** The preset as one of its variants has it. */
export function withVariant(preset: Preset, variant: Variant): Preset {
  const { order, instead, rules, notes = [] } = variant;
  return {
    ...preset,
    ...(order && { order }),
    ...(instead && { instead }),
    rules: { ...preset.rules, ...rules },
    notes: [...preset.notes, ...notes],
  };
}

/** The options as the preset means them: what the host writes otherwise is put into our words. */
export function spelledOut(
  { spellings = [] }: Preset,
  options: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const spelled = spellings.filter(({ option, written }) => options[option] === written);
  if (spelled.length === 0) return options;
  return { ...options, ...Object.fromEntries(spelled.map(({ option, means }) => [option, means])) };
}

/** The order that holds for these options, with the option that decided it when it is not the usual one. */
export function orderFor(
  { order, instead }: Preset,
  options: Readonly<Record<string, unknown>>,
): { readonly order: readonly Place[]; readonly because?: string } {
  if (instead === undefined || !holds(instead, options[instead.option])) return { order };
  return { order: instead.order, because: `${instead.option} ${String(options[instead.option])}` };
}

function holds({ values, above }: OtherOrder, value: unknown): boolean {
  return values?.includes(value) === true || (above !== undefined && Number(value) > above);
}
