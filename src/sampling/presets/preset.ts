/** A preset is the stage order, the defaults and the rules of one host, as plain data. */

/** A stage in its place: a name, which an option switches on, or a stage with options, which always runs. */
export type Place = string | Readonly<Record<string, unknown> & { stage: string }>;

/** Options by stage. */
export type Rules = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/**
 * Another order that applies while an option of the short form has one of some values, or exceeds a number.
 */
export interface OtherOrder {
  readonly option: string;
  readonly values?: readonly unknown[];
  readonly above?: number;
  readonly order: readonly Place[];
}

/** Defaults of the host for options of the reply. */
export interface Reports {
  readonly logprobs_mode?: "raw" | "before_temperature" | "behind_temperature" | "processed";
  readonly rank_ties?: "by_id" | "counted";
}

/** A value with another meaning at the host, and the equivalent here. */
export interface Spelling {
  readonly option: string;
  readonly written: unknown;
  readonly means: unknown;
}

/** One of several code paths of a host for the same step. Fields that it lacks are the preset's. */
export interface Variant {
  readonly name: string;
  /** how the variant differs, and which users get it */
  readonly summary: string;
  readonly source: { readonly title: string; readonly url: string };
  readonly order?: readonly Place[];
  readonly instead?: OtherOrder;
  /** rules that replace the preset's for the same stages */
  readonly rules?: Rules;
  /** notes in addition to the preset's */
  readonly notes?: readonly string[];
}

export interface Preset {
  readonly name: string;
  readonly summary: string;
  /** source of the host's order */
  readonly source: { readonly title: string; readonly url: string };
  /** stages in the order in which the host applies them */
  readonly order: readonly Place[];
  readonly instead?: OtherOrder;
  /** defaults for options of the short form */
  readonly defaults: Readonly<Record<string, unknown>>;
  /** the host's variants of a rule: stage → defaults of its options */
  readonly rules: Rules;
  /** options that a stage of the host lacks: stage → fixed values for them */
  readonly fixed?: Rules;
  readonly reports?: Reports;
  readonly spellings?: readonly Spelling[];
  /**
   * the seed value with which the host asks for a random seed; such a request counts as one without a seed
   */
  readonly seed_drawn_for?: -1;
  /** the first is the default */
  readonly variants?: readonly Variant[];
  /** behaviour of the host that is not reproduced here, or differs */
  readonly notes: readonly string[];
}

export function stageOf(place: Place): string {
  return typeof place === "string" ? place : place.stage;
}

/** The preset with the fields of one of its variants. */
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

/** Translates option values that have another meaning at the host into the values used here. */
export function spelledOut(
  { spellings = [] }: Preset,
  options: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const spelled = spellings.filter(({ option, written }) => options[option] === written);
  if (spelled.length === 0) return options;
  return { ...options, ...Object.fromEntries(spelled.map(({ option, means }) => [option, means])) };
}

/** The order that applies to these options, and the option that selected it when it is not the usual one. */
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
