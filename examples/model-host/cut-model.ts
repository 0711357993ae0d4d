/**
 * Cuts an ONNX model down to what some of its outputs need: without the layers after an early output, that output costs
 * only the layers before it. It reads as much of the protocol buffers as names its parts, and copies these as they are.
 */

/** Fields of ONNX's messages: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto */
const MODEL = { graph: 7 };
const GRAPH = { node: 1, initializer: 5, input: 11, output: 12, value_info: 13 };
const NODE = { input: 1, output: 2 };
/** the first field of an input or output, the eighth of an initializer */
const NAME: Readonly<Record<number, number>> = {
  [GRAPH.input]: 1,
  [GRAPH.output]: 1,
  [GRAPH.initializer]: 8,
};
/** Wire types of protocol buffers. */
const VARINT = 0;
const FIXED64 = 1;
const LENGTH = 2;

interface Field {
  readonly number: number;
  /** with tag and length */
  readonly whole: Uint8Array;
  /** of a message, a text or bytes */
  readonly content: Uint8Array;
}

/** The outputs of the first layers alone: their logits, and the keys and values that each keeps. */
export function outputsOf(layers: number): { readonly logits: string; readonly all: readonly string[] } {
  const logits = `logits.${layers}`;
  const kept = Array.from({ length: layers }, (_, layer) => [
    `present.${layer}.key`,
    `present.${layer}.value`,
  ]);
  return { logits, all: [logits, ...kept.flat()] };
}

/** The model with these outputs and nothing that only others need. */
export function cutModel(model: Uint8Array, outputs: readonly string[]): Uint8Array<ArrayBuffer> {
  const fields = [...fieldsOf(model)];
  // Messages that stand one after the other are one: a model and its edits.
  const parts = fields
    .filter(({ number }) => number === MODEL.graph)
    .flatMap(({ content }) => [...fieldsOf(content)]);
  const needed = neededBy(parts, outputs);
  const kept = parts.filter(({ number, content }) => {
    if (number === GRAPH.node) return textsOf(content, NODE.output).some((name) => needed.has(name));
    if (number === GRAPH.output) return textsOf(content, 1).some((name) => outputs.includes(name));
    if (number === GRAPH.value_info) return false;
    const name = NAME[number];
    return name === undefined || textsOf(content, name).some((each) => needed.has(each));
  });
  const graph = joined(kept.map(({ whole }) => whole));
  const others = fields.filter(({ number }) => number !== MODEL.graph).map(({ whole }) => whole);
  return joined([...others, varint((MODEL.graph << 3) | LENGTH), varint(graph.length), graph]);
}

/** The names of all values that these outputs are made from. Nodes stand in the order in which they run. */
function neededBy(parts: readonly Field[], outputs: readonly string[]): ReadonlySet<string> {
  const needed = new Set(outputs);
  for (const { number, content } of parts.toReversed())
    if (number === GRAPH.node && textsOf(content, NODE.output).some((name) => needed.has(name)))
      for (const name of textsOf(content, NODE.input)) needed.add(name);
  return needed;
}

function textsOf(message: Uint8Array, number: number): string[] {
  return [...fieldsOf(message)]
    .filter((field) => field.number === number)
    .map(({ content }) => new TextDecoder().decode(content));
}

function* fieldsOf(message: Uint8Array): Generator<Field> {
  let at = 0;
  const next = () => {
    let [value, factor, byte] = [0, 1, 0x80];
    for (; byte >= 0x80; factor *= 0x80) {
      byte = message[at++] ?? 0;
      value += (byte & 0x7f) * factor;
    }
    return value;
  };
  while (at < message.length) {
    const begin = at;
    const tag = next();
    const type = tag & 7;
    const number = Math.floor(tag / 8);
    const length = type === VARINT ? 0 * next() : type === LENGTH ? next() : type === FIXED64 ? 8 : 4;
    const content = message.subarray(at, at + length);
    at += length;
    yield { number, whole: message.subarray(begin, at), content };
  }
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  for (; value >= 0x80; value = Math.floor(value / 0x80)) bytes.push((value & 0x7f) | 0x80);
  return Uint8Array.of(...bytes, value);
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
