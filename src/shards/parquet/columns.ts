/**
 * Finds the columns of a Parquet file that make rows, from its schema. A list column must be `list<number>`. Lists in
 * lists, structs and maps are refused by name, because their numbers are stored one after another like those of one
 * list. Source: apache/parquet-format, LogicalTypes.md, "Nested Types".
 */
import type { ColumnChunk, ColumnMetaData, FileMetaData, SchemaElement } from "hyparquet";
import type { Dtype } from "../elements.ts";
import { checkDtype, isSingle, PARTS, type Part, partsOf, requireRow } from "../shard.ts";

/** The properties that all pages of a column share. */
export interface Column {
  readonly name: string;
  readonly dtype: Dtype;
  readonly repetition_max: number;
  readonly definition_max: number;
  /** from this definition level on an element exists, though it may be null */
  readonly element_level: number;
  /** its place in each row group */
  readonly chunks: readonly Chunk[];
}

/** The column in one row group. */
export interface Chunk {
  readonly rows: number;
  readonly meta: ColumnMetaData;
}

/** An element of the schema with its children. */
interface Node {
  readonly element: SchemaElement;
  readonly children: readonly Node[];
}

/** Maximum depth of lists and structs; no row is deeper. */
const DEPTH_MAX = 16;

/** The columns by part. A file without rows has none: pandas writes such columns without a type. */
export function columnsOf(metadata: FileMetaData): Map<Part, Column> {
  const top = childrenOf(metadata.schema);
  const names = top.map(({ element }) => element.name);
  const parts = partsOf(names);
  if (parts.size === 0)
    throw new Error(`has none of the columns ${PARTS.join(", ")}, got ${names.join(", ")}`);
  requireRow(new Set(parts.keys()));
  requireFlatTensors(metadata);
  const columns = new Map<Part, Column>();
  if (metadata.row_groups.every(({ num_rows }) => num_rows === 0n)) return columns;
  for (const node of top)
    for (const [part, name] of parts)
      if (node.element.name === name) columns.set(part, columnOf(part, node, metadata));
  return columns;
}

function columnOf(part: Part, node: Node, { row_groups }: FileMetaData): Column {
  const path = pathOf(part, node);
  const leaf = path.at(-1)!; // a path begins with its column
  const repeated = path.filter(({ repetition_type }) => repetition_type === "REPEATED").length;
  const definition_max = path.filter(({ repetition_type }) => repetition_type !== "REQUIRED").length;
  const dtype = dtypeOf(leaf, path[0]!.name);
  checkDtype(part, dtype);
  const name = path.map((element) => element.name).join(".");
  return {
    name,
    dtype,
    repetition_max: repeated,
    definition_max,
    element_level: leaf.repetition_type === "OPTIONAL" ? definition_max - 1 : definition_max,
    chunks: row_groups.map(({ columns, num_rows }, g) => ({
      rows: Number(num_rows),
      meta: metaOf(
        columns.find(({ meta_data }) => meta_data?.path_in_schema.join(".") === name),
        columns.find(({ crypto_metadata }) => crypto_metadata !== undefined) !== undefined,
        `${name} in group of rows ${g}`,
      ),
    })),
  };
}

function metaOf(chunk: ColumnChunk | undefined, is_encrypted: boolean, place: string): ColumnMetaData {
  if (chunk?.meta_data === undefined || chunk.crypto_metadata !== undefined)
    throw new Error(is_encrypted ? `has ${place} encrypted` : `has no ${place}`);
  if (chunk.file_path) throw new Error(`has ${place} in another file, ${chunk.file_path}`);
  return chunk.meta_data;
}

/**
 * Follows the column down to its numbers. Throws when it is neither a number nor a list of numbers, as the part
 * requires.
 */
function pathOf(part: Part, node: Node): readonly SchemaElement[] {
  const path = [node.element];
  let at = node;
  while (at.children.length === 1) {
    at = at.children[0]!;
    path.push(at.element);
  }
  const is_leaf = at.children.length === 0 && at.element.type !== undefined;
  if (is_leaf && (isSingle(part) ? isNumber(path) : isListOfNumbers(path))) return path;
  throw new Error(
    `has ${node.element.name} of type ${typeName(node)}: it must be a ${isSingle(part) ? "number" : "list of numbers"} in each row`,
  );
}

function isNumber(path: readonly SchemaElement[]): boolean {
  return path.length === 1 && path[0]?.repetition_type !== "REPEATED";
}

/** Three levels as in new files, two as in old ones, or a repeated number. */
function isListOfNumbers(path: readonly SchemaElement[]): boolean {
  const repeated = path.filter(({ repetition_type }) => repetition_type === "REPEATED");
  if (repeated.length !== 1) return false;
  if (path.length === 1) return true;
  return path.length <= 3 && isList(path[0]!) && path[1] === repeated[0];
}

function isList({ converted_type, logical_type }: SchemaElement): boolean {
  return converted_type === "LIST" || logical_type?.type === "LIST";
}

/** The type in Arrow's notation: list<struct<id, lp>>. */
function typeName({ element, children }: Node): string {
  const { converted_type, logical_type, repetition_type, type } = element;
  const kind = logical_type?.type ?? converted_type;
  const inner = () => {
    const [repeated] = children;
    const [below] = repeated?.children ?? [];
    if (repeated === undefined) return "";
    return typeName(repeated.children.length === 1 && below !== undefined ? below : repeated);
  };
  if (kind === "LIST") return `list<${inner()}>`;
  if (kind === "MAP" || kind === "MAP_KEY_VALUE") return "map";
  const own = type ?? `struct<${children.map((child) => child.element.name).join(", ")}>`;
  return repetition_type === "REPEATED" && type !== undefined ? `list<${own}>` : own;
}

/** The columns of the root, each with its children. */
function childrenOf(schema: readonly SchemaElement[]): readonly Node[] {
  let at = 0;
  const next = (depth: number): Node => {
    const element = schema[at++];
    if (element === undefined || depth > DEPTH_MAX) throw new Error("its schema is not understood");
    const children: Node[] = [];
    for (let c = 0; c < (element.num_children ?? 0); c++) children.push(next(depth + 1));
    return { element, children };
  };
  return next(0).children;
}

const DTYPES: Readonly<Record<string, Dtype>> = { FLOAT: "f32", DOUBLE: "f64", INT32: "i32", INT64: "i64" };
const UNSIGNED: Readonly<Record<string, Dtype>> = { INT32: "u32", INT64: "u64" };

/** Decimals, dates and times are stored as integers but are not classes. */
function dtypeOf(element: SchemaElement, column: string): Dtype {
  const { type = "", type_length, converted_type, logical_type } = element;
  const kind = logical_type?.type ?? converted_type;
  const is_plain = kind === undefined || kind === "INTEGER" || kind === "NULL" || /^U?INT_/.test(kind);
  const is_unsigned =
    (logical_type?.type === "INTEGER" && !logical_type.isSigned) ||
    converted_type?.startsWith("UINT_") === true;
  const dtypes = is_unsigned ? UNSIGNED : DTYPES;
  const dtype = is_plain && Object.hasOwn(dtypes, type) ? dtypes[type] : undefined;
  if (dtype !== undefined) return dtype;
  if (kind === "FLOAT16" && type === "FIXED_LEN_BYTE_ARRAY" && type_length === 2) return "f16";
  throw new Error(
    `has a column ${column} of type ${kind ?? type}; read are float, double, float16, and whole numbers of 8 to 64 bits`,
  );
}

/**
 * Arrow stores a tensor of any shape as one list. A tensor of two dimensions is several rows, but the file does not say
 * so.
 */
function requireFlatTensors({ key_value_metadata = [] }: FileMetaData): void {
  const schema = key_value_metadata.find(({ key }) => key === "ARROW:schema")?.value;
  if (schema === undefined) return;
  const text = Buffer.from(schema, "base64").toString("latin1");
  if (!text.includes("arrow.fixed_shape_tensor")) return;
  const shape = /"shape":\s*\[\s*(\d+\s*,[\s\d,]*)\]/.exec(text)?.[1];
  if (shape !== undefined)
    throw new Error(`has tensors of shape [${shape}] in its rows: a row must be one list of numbers`);
}
