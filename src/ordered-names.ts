/**
 * The order of an object's names as a JSON text has it. JSON.parse moves names that are whole numbers to the front, so
 * that {"b": 1, "1": 2} becomes {"1": 2, "b": 1}. Where a text has such names, their order is kept beside the object.
 */

/** Names that JavaScript moves: "0", "17". */
const MOVED = /"(?:0|[1-9]\d{0,9})"\s*:/;

const ORDERS = new WeakMap<object, readonly string[]>();
/** Objects and lists in which some object has an order of its own. */
const WITH_ORDERS = new WeakSet<object>();

/** An object's own names, in the order of the text that it was parsed from. */
export function namesInOrder(object: object): readonly string[] {
  return ORDERS.get(object) ?? Object.keys(object);
}

/** True when the order of a text's names may differ from that of the value that JSON.parse makes of it. */
export function movesNames(text: string): boolean {
  return MOVED.test(text);
}

/** The text that JSON.stringify writes, with names in their order. */
export function textInOrder(value: unknown): string {
  if (typeof value !== "object" || value === null || !WITH_ORDERS.has(value)) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(textInOrder).join()}]`;
  const fields = value as Readonly<Record<string, unknown>>;
  const members = namesInOrder(value).map((name) => `${JSON.stringify(name)}:${textInOrder(fields[name])}`);
  return `{${members.join()}}`;
}

/** Keeps the order of names for a value and all objects in it. `text` is the JSON text that `value` was parsed from. */
export function keepOrder(text: string, value: unknown): void {
  if (typeof value !== "object" || value === null) return;
  const open: Open[] = [];
  let next: unknown = value;
  for (const { 0: token } of text.matchAll(TOKENS)) {
    const top = open.at(-1);
    if (token === "{" || token === "[") {
      open.push({ value: next as Container, names: [], is_name: token === "{", index: 0 });
      next = (next as Container | undefined)?.[0];
    } else if (token === "}" || token === "]") {
      open.pop();
      if (top !== undefined && token === "}" && isMoved(top))
        for (const { value: outer } of [...open, top]) if (outer !== undefined) WITH_ORDERS.add(outer);
    } else if (token === ",") {
      if (top === undefined) continue;
      top.index++;
      top.is_name = !Array.isArray(top.value);
      next = (top.value as Container | undefined)?.[top.index];
    } else if (top?.is_name === true) {
      const name = String(JSON.parse(token));
      top.names.push(name);
      top.is_name = false;
      next = (top.value as Container | undefined)?.[name];
    }
  }
}

type Container = Readonly<Record<string | number, unknown>>;

/** An object or a list whose end has not come. */
interface Open {
  readonly value: Container | undefined;
  readonly names: string[];
  /** whether the next string is a name */
  is_name: boolean;
  index: number;
}

const TOKENS = /"(?:[^"\\]|\\.)*"|[{}[\],]/gs;

/** Records the order of an object's names where JavaScript changes it. A repeated name is at its first position. */
function isMoved({ value, names }: Open): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const order = [...new Set(names)];
  const plain = Object.keys(value);
  const is_same_object = order.length === plain.length && order.every((name) => Object.hasOwn(value, name));
  if (!is_same_object || order.every((name, i) => name === plain[i])) return false;
  ORDERS.set(value, order);
  return true;
}
