/**
 * The building blocks of options with lists of token ids: sequences, biased sequences, bit masks and tables by
 * position. Each is checked in one plain loop, with a pointer to the first wrong element, and converted to the
 * form that the hot loops need.
 */

import * as z from "zod";
import { decodeBase64 } from "../../base64.ts";
import { show } from "../../errors.ts";
import type { TokenName } from "../history/token-names.ts";
import { SPELT_BYTES_MAX, spelt, type TokenSequence } from "../history/token-sequences.ts";
import { biasOf, isBias } from "./bias-field.ts";
import { isTokenName, NAME, notATokenName } from "./fields.ts";

/** A fault of a value, and its place in the value. */
interface Fault {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

const NAMES = { type: "array", items: NAME, minItems: 1 } as const;
/** JSON Schema of a sequence. */
export const SEQUENCE = { ...NAMES, type: ["array", "string"] } as const;

/** Maximum number of sequences, because each is searched at every step. */
const TEXTS_MAX = 1024;

/** Lists of at least one token each, of at most `length_max`, and texts. */
export function tokenSequences(length_max = Number.POSITIVE_INFINITY) {
  return z
    .unknown()
    .transform((value, context): readonly TokenSequence[] => {
      const fault =
        faultOfList(value, "token id lists", (each) => faultOfSequence(each, length_max)) ??
        faultOfTexts(value, (each) => each);
      return fault === undefined ? (value as Given[]).map(sequenceOf) : refuse(context, fault, []);
    })
    .meta({ type: "array", items: SEQUENCE, examples: [[[13], [25, 9]]] });
}

/** One list of at least one token, of at most `length_max`, or a text. */
export function tokenSequence(length_max = Number.POSITIVE_INFINITY) {
  return z
    .unknown()
    .transform((value, context): TokenSequence => {
      const fault = faultOfSequence(value, length_max);
      return fault === undefined ? sequenceOf(value as Given) : refuse(context, fault, []);
    })
    .meta(SEQUENCE);
}

/** One list of at least one token, which is written and never searched. */
export function tokenNameList() {
  return z
    .unknown()
    .transform((value, context): readonly TokenName[] => {
      const fault = faultOfNames(value, Number.POSITIVE_INFINITY);
      return fault === undefined ? (value as TokenName[]) : refuse(context, fault, []);
    })
    .meta(NAMES);
}

/** A sequence as the request has it. */
type Given = readonly TokenName[] | string;

function sequenceOf(given: Given): TokenSequence {
  return typeof given === "string" ? spelt(given) : given;
}

/**
 * A sequence of tokens, and the bias for its last token when the other tokens stand at the end of the history.
 */
export interface BiasedSequence {
  readonly token_ids: TokenSequence;
  /** finite, or −Infinity to ban the last token */
  readonly bias: number;
}

/** `[{"token_ids": [11, 7], "bias": -4.5}]`. */
export function biasedSequences() {
  return z
    .unknown()
    .transform((value, context): readonly BiasedSequence[] => {
      const fault =
        faultOfList(value, "objects of token_ids and bias", faultOfBiased) ??
        faultOfTexts(value, (each) => (each as { token_ids: unknown }).token_ids);
      if (fault !== undefined) return refuse(context, fault, []);
      return (value as { token_ids: Given; bias: unknown }[]).map(({ token_ids, bias }) => ({
        token_ids: sequenceOf(token_ids),
        bias: biasOf(bias),
      }));
    })
    .meta({
      type: "array",
      items: {
        type: "object",
        required: ["token_ids", "bias"],
        additionalProperties: false,
        properties: {
          token_ids: SEQUENCE,
          bias: { anyOf: [{ type: "number" }, { enum: ["-inf", "-Infinity"] }, { type: "null" }] },
        },
      },
      examples: [[{ token_ids: [11, 7], bias: -4.5 }]],
    });
}

/** A token for some positions: `{"0": 50257, "1": 50359}`. */
export function tokenIdByPosition() {
  return z
    .unknown()
    .transform((value, context): ReadonlyMap<number, TokenName> => {
      const fault = faultOfPositions(value);
      if (fault !== undefined) return refuse(context, fault, new Map());
      const entries = Object.entries(value as Record<string, TokenName>); // just checked
      return new Map(entries.map(([position, name]) => [Number(position), name]));
    })
    .meta({
      type: "object",
      propertyNames: { pattern: POSITION.source },
      additionalProperties: NAME,
      examples: [{ "0": 50257, "1": 50359 }],
    });
}

/** One bit a token, in base64: bit i mod 32 of the little-endian 32-bit word i div 32. */
export function tokenBitmask() {
  return z
    .unknown()
    .transform((value, context): Uint32Array => {
      const bytes = typeof value === "string" ? decodeBase64(value) : undefined;
      if (bytes !== undefined && bytes.length % 4 === 0) return words(bytes);
      const got = bytes === undefined ? show(value) : `${bytes.length} bytes`;
      const message = `must be base64 of whole 32-bit words, got ${got}`;
      return refuse(context, { path: [], message }, new Uint32Array(0));
    })
    .meta({ type: "string", contentEncoding: "base64" });
}

const POSITION = /^(0|[1-9][0-9]{0,8})$/;

function refuse<T>(context: z.core.$RefinementCtx, { path, message }: Fault, instead: T): T {
  context.addIssue({ code: "custom", path: [...path], message });
  return instead;
}

function faultOfSequence(value: unknown, length_max: number): Fault | undefined {
  if (typeof value !== "string") return faultOfNames(value, length_max);
  const { length } = spelt(value).bytes;
  if (length >= 1 && length <= SPELT_BYTES_MAX) return undefined;
  return { path: [], message: `must have 1 to ${SPELT_BYTES_MAX} bytes of UTF-8, got ${length}` };
}

function faultOfNames(value: unknown, length_max: number): Fault | undefined {
  if (!Array.isArray(value))
    return { path: [], message: `must be an array of token ids, got ${show(value)}` };
  const index = value.findIndex((name) => !isTokenName(name));
  if (index >= 0) return { path: [index], message: notATokenName(value[index]) };
  const { length } = value;
  if (length >= 1 && length <= length_max) return undefined;
  const rule = Number.isFinite(length_max) ? `1 to ${length_max} token ids` : "at least one token id";
  return { path: [], message: `must hold ${rule}, got ${length}` };
}

function faultOfBiased(value: unknown): Fault | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return { path: [], message: `must be an object of token_ids and bias, got ${show(value)}` };
  const stray = Object.keys(value).find((name) => name !== "token_ids" && name !== "bias");
  if (stray !== undefined) return { path: [stray], message: "is no option here: token_ids and bias are" };
  const { token_ids, bias } = value as { token_ids?: unknown; bias?: unknown };
  if (!isBias(bias))
    return { path: ["bias"], message: `must be a finite number, "-inf" or null, got ${show(bias)}` };
  return within("token_ids", faultOfSequence(token_ids, Number.POSITIVE_INFINITY));
}

function faultOfPositions(value: unknown): Fault | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return { path: [], message: `must be an object of position → token id, got ${show(value)}` };
  for (const [position, id] of Object.entries(value)) {
    if (!POSITION.test(position))
      return { path: [position], message: `must have positions (0, 1, 2, …) as keys, got ${show(position)}` };
    if (!isTokenName(id)) return { path: [position], message: notATokenName(id) };
  }
  return undefined;
}

function faultOfList(
  value: unknown,
  noun: string,
  faultOf: (each: unknown) => Fault | undefined,
): Fault | undefined {
  if (!Array.isArray(value)) return { path: [], message: `must be an array of ${noun}, got ${show(value)}` };
  for (let i = 0; i < value.length; i++) {
    const fault = within(i, faultOf(value[i]));
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** Sequences may be many, but texts among them only few. */
function faultOfTexts(value: unknown, textOf: (each: unknown) => unknown): Fault | undefined {
  const count = (value as unknown[]).filter((each) => typeof textOf(each) === "string").length; // a list without a fault
  if (count <= TEXTS_MAX) return undefined;
  return { path: [], message: `may have at most ${TEXTS_MAX} texts, got ${count}` };
}

function within(part: string | number, fault: Fault | undefined): Fault | undefined {
  return fault && { path: [part, ...fault.path], message: fault.message };
}

function words(bytes: Uint8Array): Uint32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const result = new Uint32Array(bytes.length / 4);
  for (let i = 0; i < result.length; i++) result[i] = view.getUint32(4 * i, true);
  return result;
}
