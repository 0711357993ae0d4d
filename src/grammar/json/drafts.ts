/**
 * The supported drafts of JSON Schema. A schema of an older draft is rewritten, keyword by keyword, as the equivalent
 * schema of draft 2020-12: {"items": [a, b], "additionalItems": c} becomes {"prefixItems": [a, b], "items": c}. Forms
 * with one meaning only, which an older draft defines, are rewritten in every draft.
 */

import { isRecord } from "../../is-record.ts";
import { FORMAT_BY_NAME } from "./formats.ts";
import { KEYWORD_BY_NAME } from "./keywords.ts";

/** In order: a keyword of one draft is known in all later ones. */
export const DRAFT_NAMES = ["openapi-3.0", "4", "6", "7", "2019-09", "2020-12"] as const;
export type DraftName = (typeof DRAFT_NAMES)[number];

export interface Draft {
  readonly name: DraftName;
  /** its URI in $schema, without a trailing # */
  readonly uri: RegExp;
  /** the keyword that gives a schema its URI */
  readonly id: "id" | "$id";
  /** whether $ref makes the keywords beside it void */
  readonly ref_hides: boolean;
  /** whether an identifier may be an anchor: {"id": "#a"} */
  readonly id_anchors: boolean;
  /** whether `nullable` adds null to the types */
  readonly nullable: boolean;
}

const OLD = { ref_hides: true, id_anchors: true, nullable: false } as const;
const NEW = { id: "$id", ref_hides: false, id_anchors: false, nullable: false } as const;

const DRAFTS: readonly Draft[] = [
  {
    name: "openapi-3.0",
    uri: /^https?:\/\/spec\.openapis\.org\/oas\/3\.0(?:\/|$)/,
    ...OLD,
    id: "id",
    nullable: true,
  },
  { name: "4", uri: /^https?:\/\/json-schema\.org\/draft-0[34]\//, ...OLD, id: "id" },
  { name: "6", uri: /^https?:\/\/json-schema\.org\/draft-06\//, ...OLD, id: "$id" },
  { name: "7", uri: /^https?:\/\/json-schema\.org\/draft-07\//, ...OLD, id: "$id" },
  { name: "2019-09", uri: /^https?:\/\/json-schema\.org\/draft\/2019-09\//, ...NEW },
  {
    name: "2020-12",
    uri: /^https?:\/\/(?:json-schema\.org\/draft\/2020-12\/|spec\.openapis\.org\/oas\/3\.1(?:\/|$))/,
    ...NEW,
  },
];

export function draftNamed(name: DraftName): Draft {
  return DRAFTS.find((draft) => draft.name === name) as Draft; // every name has its draft
}

/** The draft that this $schema names; undefined when it is not known. */
export function draftOfUri(uri: string): Draft | undefined {
  return DRAFTS.find((draft) => draft.uri.test(uri));
}

/** The draft of a schema without $schema: 2020-12, with `nullable` as OpenAPI 3.0 defines it. */
export const UNDECLARED: Draft = { ...draftNamed("2020-12"), nullable: true };

/** Schemas made here are of draft 2020-12 and give no notes. */
export const INTERNAL: Draft = draftNamed("2020-12");

export type Written = Readonly<Record<string | symbol, unknown>>;

/** A keyword that was ignored. */
export type Ignored = (keyword: string, detail: string) => void;

export interface Reading {
  readonly schema: Written;
  /** by keyword of the rewritten schema: its original name, where that differs */
  readonly names: ReadonlyMap<string, string>;
}

type Entry = readonly [keyword: string, value: unknown];

/** The context in which a keyword is rewritten. */
interface Around {
  readonly written: Written;
  readonly draft: Draft;
  /** whether an unsupported format is refused rather than ignored */
  readonly asserts_formats: boolean;
  readonly ignored: Ignored;
}

/** The replacement of an older keyword; undefined: it stays unchanged. */
type Reader = (value: unknown, around: Around) => readonly Entry[] | undefined;

const READERS: Readonly<Record<string, Reader>> = {
  id: (value, { draft }) => (draft.id === "id" && typeof value === "string" ? identifier(value, draft) : []),
  $id: (value, { draft }) => {
    if (draft.id !== "$id") return [];
    return draft.id_anchors && typeof value === "string" ? identifier(value, draft) : undefined;
  },
  items: (value, { written }) => {
    if (!Array.isArray(value) || written["prefixItems"] !== undefined) return undefined;
    return value.length === 0 ? [] : [["prefixItems", value]];
  },
  additionalItems: (value, { written }) => (Array.isArray(written["items"]) ? [["items", value]] : []),
  dependencies: (value, { written }) => {
    const is_doubled = (written["dependentRequired"] ?? written["dependentSchemas"]) !== undefined;
    return isRecord(value) && !is_doubled ? dependencies(value) : undefined;
  },
  exclusiveMinimum: (value, { written }) => exclusive("exclusiveMinimum", value, written["minimum"]),
  exclusiveMaximum: (value, { written }) => exclusive("exclusiveMaximum", value, written["maximum"]),
  required: (value, { written }) => {
    if (typeof value === "boolean") return [];
    const names = requiredBelow(written);
    return names.length === 0 || !Array.isArray(value) ? undefined : [["required", [...value, ...names]]];
  },
  properties: (value, { written }) => {
    const names = Array.isArray(written["required"]) ? [] : requiredBelow(written);
    if (names.length === 0) return undefined;
    return [
      ["properties", value],
      ["required", names],
    ];
  },
  type: (value, { written, draft }) =>
    draft.nullable && written["nullable"] === true && (typeof value === "string" || Array.isArray(value))
      ? [["type", [...new Set([value, "null"].flat())]]]
      : undefined,
  nullable: (value, { draft, ignored }) => {
    if (value === true && !draft.nullable)
      ignored("nullable", `nullable is OpenAPI 3.0's, and the schema is of draft ${draft.name}`);
    return [];
  },
  format: (value, { asserts_formats, ignored }) => {
    if (asserts_formats || typeof value !== "string" || FORMAT_BY_NAME.has(value)) return undefined;
    ignored("format", `format ${JSON.stringify(value.slice(0, 64))} is an annotation, and is not held`);
    return [];
  },
};

/** The equivalent schema in draft 2020-12. */
export function readAs(around: Around): Reading {
  const { draft, written, ignored } = around;
  if (draft.ref_hides && typeof written["$ref"] === "string") return hidden(written, ignored);
  const schema: Record<string | symbol, unknown> = {};
  const names = new Map<string, string>();
  for (const symbol of Object.getOwnPropertySymbols(written)) schema[symbol] = written[symbol];
  for (const [name, value] of Object.entries(written)) {
    if (!isKnownTo(draft, name)) {
      tellUnknown(draft, name, ignored);
      continue;
    }
    const reader = Object.hasOwn(READERS, name) ? READERS[name] : undefined;
    for (const [keyword, own] of reader?.(value, around) ?? [[name, value] as const]) {
      define(schema, keyword, own);
      if (keyword !== name) names.set(keyword, name);
    }
  }
  return { schema, names };
}

/** A name may be "__proto__". */
function define(schema: object, name: string, value: unknown): void {
  Object.defineProperty(schema, name, { value, enumerable: true, configurable: true, writable: true });
}

function isKnownTo(draft: Draft, name: string): boolean {
  const since = KEYWORD_BY_NAME.get(name)?.since;
  if (since === undefined) return true;
  // Rewriting adds the modern names of older keywords.
  return DRAFT_NAMES.indexOf(since) <= DRAFT_NAMES.indexOf(draft.name);
}

function tellUnknown(draft: Draft, name: string, ignored: Ignored): void {
  const keyword = KEYWORD_BY_NAME.get(name);
  if (keyword?.kind !== "held" || NAMING.has(name)) return;
  ignored(
    name,
    `${name} came with draft ${keyword.since}; the schema is of draft ${draft.name}, where it means nothing`,
  );
}

/** Keywords without an effect of their own: they name a schema, or hold schemas for $ref. */
const NAMING: ReadonlySet<string> = new Set(["$id", "id", "$anchor", "$defs", "definitions", "$ref"]);

/** Up to draft 7, keywords beside $ref have no effect. */
function hidden(written: Written, ignored: Ignored): Reading {
  for (const name of Object.keys(written))
    if (KEYWORD_BY_NAME.get(name)?.kind === "held" && !NAMING.has(name))
      ignored(name, `${name} beside $ref means nothing up to draft 7`);
  return { schema: { $ref: written["$ref"] }, names: new Map() };
}

/** {"id": "http://x/y#a"} is a URI and an anchor. */
function identifier(text: string, { id_anchors }: Draft): readonly Entry[] {
  if (!id_anchors) return [["$id", text]];
  const [uri = "", anchor = ""] = text.split("#");
  return [
    ...(uri === "" ? [] : [["$id", uri] as const]),
    ...(anchor === "" || anchor.startsWith("/") ? [] : [["$anchor", anchor] as const]),
  ];
}

/** A list of names, or one name, becomes dependentRequired; schemas become dependentSchemas. */
function dependencies(value: Readonly<Record<string, unknown>>): readonly Entry[] | undefined {
  const required: Record<string, unknown> = {};
  const schemas: Record<string, unknown> = {};
  for (const [name, own] of Object.entries(value)) {
    if (Array.isArray(own)) define(required, name, own);
    else if (typeof own === "string") define(required, name, [own]);
    else if (isRecord(own) || typeof own === "boolean") define(schemas, name, own);
    else return undefined;
  }
  return [
    ...(Object.keys(required).length === 0 ? [] : [["dependentRequired", required] as const]),
    ...(Object.keys(schemas).length === 0 ? [] : [["dependentSchemas", schemas] as const]),
  ];
}

/** {"minimum": 3, "exclusiveMinimum": true} is {"exclusiveMinimum": 3}. */
function exclusive(name: string, value: unknown, bound: unknown): readonly Entry[] | undefined {
  if (typeof value !== "boolean") return undefined;
  return value && typeof bound === "number" ? [[name, bound]] : [];
}

/** The names of properties that are marked as required in their own schema, as in draft 3. */
function requiredBelow({ properties }: Written): string[] {
  if (!isRecord(properties)) return [];
  return Object.entries(properties)
    .filter(([, own]) => isRecord(own) && own["required"] === true)
    .map(([name]) => name);
}
