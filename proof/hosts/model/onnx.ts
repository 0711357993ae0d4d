/**
 * Reads the needed parts of an ONNX file: its initializers, and the nodes that use them. A plain reader of protobuf's
 * wire format, for the few fields of ModelProto, GraphProto, NodeProto and TensorProto that contain them.
 */

export interface OnnxTensor {
  readonly name: string;
  readonly dims: readonly number[];
  readonly bytes: Uint8Array;
  /** TensorProto.DataType: 1 float, 2 uint8, 3 int8 */
  readonly data_type: number;
}

export interface OnnxNode {
  readonly name: string;
  readonly op_type: string;
  readonly inputs: readonly string[];
}

export interface OnnxGraph {
  readonly tensors: ReadonlyMap<string, OnnxTensor>;
  readonly nodes: readonly OnnxNode[];
}

/** Field numbers of onnx.proto. */
const MODEL_GRAPH = 7;
const GRAPH = { node: 1, initializer: 5 };
const NODE = { input: 1, name: 3, op_type: 4 };
const TENSOR = { dims: 1, data_type: 2, float_data: 4, int32_data: 5, name: 8, raw_data: 9 };

export function readOnnx(file: Uint8Array): OnnxGraph {
  const graph = fieldsOf(file).find(({ number }) => number === MODEL_GRAPH);
  if (graph === undefined) throw new Error("the ONNX file has no graph");
  const tensors = new Map<string, OnnxTensor>();
  const nodes: OnnxNode[] = [];
  for (const { number, bytes } of fieldsOf(graph.bytes)) {
    if (number === GRAPH.node) nodes.push(readNode(bytes));
    if (number !== GRAPH.initializer) continue;
    const tensor = readTensor(bytes);
    tensors.set(tensor.name, tensor);
  }
  return { tensors, nodes };
}

function readNode(bytes: Uint8Array): OnnxNode {
  const fields = fieldsOf(bytes);
  const texts = (wanted: number) =>
    fields.filter(({ number }) => number === wanted).map((field) => textOf(field.bytes));
  return {
    name: texts(NODE.name)[0] ?? "",
    op_type: texts(NODE.op_type)[0] ?? "",
    inputs: texts(NODE.input),
  };
}

function readTensor(bytes: Uint8Array): OnnxTensor {
  let name = "";
  let data_type = 0;
  let data = new Uint8Array();
  const dims: number[] = [];
  for (const field of fieldsOf(bytes)) {
    if (field.number === TENSOR.name) name = textOf(field.bytes);
    if (field.number === TENSOR.data_type) data_type = field.value;
    if (field.number === TENSOR.raw_data) data = Uint8Array.from(field.bytes);
    if (field.number === TENSOR.dims) dims.push(...integersOf(field));
    if (field.number === TENSOR.int32_data) data = Uint8Array.from(integersOf(field));
    if (field.number === TENSOR.float_data) data = Uint8Array.from(field.bytes);
  }
  return { name, dims, data_type, bytes: data };
}

interface Field {
  readonly number: number;
  /** of varints */
  readonly value: number;
  /** the wire type of fields with a length */
  readonly bytes: Uint8Array;
}

const NOTHING = new Uint8Array();

function fieldsOf(bytes: Uint8Array): Field[] {
  const fields: Field[] = [];
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = bytes[at++] ?? 0;
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  };
  const take = (length: number) => {
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const tag = varint();
    const number = Math.floor(tag / 8);
    const kind = tag % 8;
    if (kind === 0) fields.push({ number, value: varint(), bytes: NOTHING });
    else if (kind === 1) fields.push({ number, value: 0, bytes: take(8) });
    else if (kind === 2) fields.push({ number, value: 0, bytes: take(varint()) });
    else if (kind === 5) fields.push({ number, value: 0, bytes: take(4) });
    else throw new Error(`protobuf's wire types are 0, 1, 2 and 5, got ${kind}`);
  }
  return fields;
}

/** The values of a repeated integer: one by one, or packed into one field. */
function integersOf({ value, bytes }: Field): number[] {
  if (bytes.length === 0) return [value];
  const values: number[] = [];
  let current = 0;
  let factor = 1;
  for (const byte of bytes) {
    current += (byte & 127) * factor;
    factor *= 128;
    if (byte >= 128) continue;
    values.push(current);
    current = 0;
    factor = 1;
  }
  return values;
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
