/** What a preset is: the stage order, the defaults and the rules of one host, as plain data. */

/** A stage in its place: by name, switched on by its option; or with options, and then it always runs. */
export type Place = string | Readonly<Record<string, unknown> & { stage: string }>;

/** Another order that holds while an option of the short form has one of some values. */
export interface OtherOrder {
  readonly option: string;
  readonly values: readonly unknown[];
  readonly order: readonly Place[];
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
  readonly rules: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** where the host does something else that is not reproduced here, or does it otherwise */
  readonly notes: readonly string[];
}

export function stageOf(place: Place): string {
  return typeof place === "string" ? place : place.stage;
}

/** The order that holds for these options, with the option that decided it when it is not the usual one. */
export function orderFor(
  { order, instead }: Preset,
  options: Readonly<Record<string, unknown>>,
): { readonly order: readonly Place[]; readonly because?: string } {
  if (instead === undefined || !instead.values.includes(options[instead.option])) return { order };
  return { order: instead.order, because: `${instead.option} ${String(options[instead.option])}` };
}
