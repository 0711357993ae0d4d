/**
 * Chooses the control of an option from its JSON Schema and its description, without knowing any stage. A number's
 * slider covers the usual range ("Usual: 0.2 to 1.5.") rather than the allowed one; its field accepts all values.
 */
import type { OptionSchema } from "../api/wire.ts";

export type Control =
  | { readonly kind: "number"; readonly scale: Scale }
  | { readonly kind: "flag" }
  | { readonly kind: "choice"; readonly words: readonly string[] }
  | { readonly kind: "json"; readonly placeholder: string };

/** value = low + (high − low) · tᵖ for a slider at t of [0, 1]; p above 1 gives small values more room. */
export interface Scale {
  readonly low: number;
  readonly high: number;
  readonly power: number;
  readonly is_whole: boolean;
}

/** JSON Schema writes "no bound" for whole numbers as ±(2^53 − 1). */
const UNBOUNDED = Number.MAX_SAFE_INTEGER;

export function controlOf(schema: OptionSchema): Control {
  if (schema.enum !== undefined) return { kind: "choice", words: schema.enum };
  if (schema.type === "boolean") return { kind: "flag" };
  if (schema.type === "number" || schema.type === "integer")
    return { kind: "number", scale: scaleOf(schema) };
  return { kind: "json", placeholder: isList(schema) ? "[11, 287]" : '{"11": -2}' };
}

/**
 * The range of a number's slider: the whole range when that is about 1 long; otherwise the usual range and a third
 * more.
 */
export function scaleOf(schema: OptionSchema): Scale {
  const is_whole = schema.type === "integer";
  const usual = usualOf(schema);
  const [min, max] = boundsOf(schema);
  const high = max !== undefined && max <= (is_whole ? 8 : 1) ? max : guessHigh(schema, usual, is_whole);
  const low = min !== undefined && min >= -high ? min : -high;
  const typical = usual?.high ?? (typeof schema.default === "number" ? Math.abs(schema.default) : high);
  const is_skewed = low >= 0 && typical < 0.3 * high;
  return { low, high, power: is_skewed || (is_whole && high > 8) ? 3 : 1, is_whole };
}

function guessHigh(schema: OptionSchema, usual: Span | undefined, is_whole: boolean): number {
  const standard = typeof schema.default === "number" ? Math.abs(schema.default) : 1;
  if (is_whole) return usual === undefined ? Math.max(64, 8 * standard) : 5 * usual.high;
  if (usual === undefined) return 2 * standard;
  return usual.low === -usual.high ? usual.high : usual.high * (usual.low === usual.high ? 2 : 4 / 3);
}

function boundsOf(schema: OptionSchema): [min: number | undefined, max: number | undefined] {
  const min = schema.minimum ?? schema.exclusiveMinimum;
  const max = schema.maximum ?? schema.exclusiveMaximum;
  const known = (bound: number | undefined) =>
    bound === undefined || Math.abs(bound) >= UNBOUNDED ? undefined : bound;
  return [known(min), known(max)];
}

interface Span {
  readonly low: number;
  readonly high: number;
}

const USUAL = /(?:Usual|range): (-?\d[\d.e-]*\d|-?\d)(?: to (-?\d[\d.e-]*\d|-?\d))?/;

/** The usual range in an option's description. */
export function usualOf({ description = "" }: OptionSchema): Span | undefined {
  const match = USUAL.exec(description);
  if (match === null) return undefined;
  return { low: Number(match[1]), high: Number(match[2] ?? match[1]) };
}

/** The slider's position, 0 … 1, for a value. */
export function positionOf({ low, high, power }: Scale, value: number): number {
  const t = (value - low) / (high - low);
  return Math.max(0, Math.min(1, t)) ** (1 / power);
}

/** The value of a slider at t, rounded to a readable number: three digits or hundredths of the range. */
export function valueAt({ low, high, power, is_whole }: Scale, t: number): number {
  const exact = low + (high - low) * t ** power;
  if (is_whole) return Math.round(exact);
  if (power > 1) return Number(exact.toPrecision(2));
  const digits = Math.max(0, 2 - Math.floor(Math.log10(high - low)));
  return Number(exact.toFixed(digits));
}

/** A value at which a new stage has an effect: the middle of the usual range. */
export function startValue(schema: OptionSchema): unknown {
  const control = controlOf(schema);
  if (control.kind === "number") {
    const usual = usualOf(schema);
    if (usual === undefined)
      return typeof schema.default === "number" ? schema.default : valueAt(control.scale, 0.5);
    const middle = (usual.low + usual.high) / 2;
    return control.scale.is_whole ? Math.round(middle) : Number(middle.toPrecision(2));
  }
  if (control.kind === "flag") return schema.default === undefined;
  if (control.kind === "choice") return control.words[0];
  return isList(schema) ? [] : {};
}

/** True for a list, and for a type that allows a list. */
function isList({ type }: OptionSchema): boolean {
  return [type].flat().includes("array");
}

/** The value a third of the slider away, upwards if there is room. */
export function movedFrom(schema: OptionSchema, value: number): number {
  const scale = scaleOf(schema);
  const t = positionOf(scale, value);
  return valueAt(scale, t > 2 / 3 ? t - 1 / 3 : t + 1 / 3);
}
