/**
 * Makes functions report their begin and end. The input is the JavaScript of a module as the compiler writes it; the
 * output does the same and also calls `globalThis.$calls`. The body of a generator runs in pieces, so only its begin is
 * reported.
 */
import { parseAst } from "vite";

/** The used fields of a syntax tree node (ESTree). */
interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly body?: unknown;
  readonly generator?: boolean;
  readonly async?: boolean;
  readonly expression?: boolean;
  readonly id?: { readonly name: string } | null;
}

interface Insertion {
  readonly at: number;
  readonly text: string;
}

const FUNCTIONS = new Set(["FunctionDeclaration", "FunctionExpression", "ArrowFunctionExpression"]);

/** `register` gets the line of each function and returns its number. */
export function instrumented(code: string, register: (line: number) => number): string {
  const insertions: Insertion[] = [];
  for (const node of functionsIn(parseAst(code) as unknown as Node)) {
    const number = register(code.slice(0, node.start).split("\n").length);
    const { start, end, type } = node.body as Node; // functions have one
    const whole = node.generator === true || node.async === true;
    const begin = whole ? `$calls.count(${number});` : `const $end=$calls.enter(${number});try{`;
    const finish = whole ? "" : "}finally{$calls.leave($end)}";
    if (type === "BlockStatement") {
      insertions.push({ at: start + 1, text: begin }, { at: end - 1, text: finish });
    } else {
      // The expression of an arrow function, including parentheses around it.
      const [from, to] = parenthesised(code, start, end);
      insertions.push({ at: from, text: `{${begin}return ` }, { at: to, text: `;${finish}}` });
    }
  }
  // From the end to the beginning, and at one position the inner ones first, so that earlier positions stay valid.
  return insertions
    .sort((a, b) => b.at - a.at)
    .reduce((text, { at, text: more }) => text.slice(0, at) + more + text.slice(at), code);
}

function parenthesised(code: string, start: number, end: number): [number, number] {
  let [from, to] = [start, end];
  for (;;) {
    const before = code.slice(0, from).trimEnd();
    const behind = code.slice(to);
    const closing = behind.length - behind.trimStart().length;
    if (!before.endsWith("(") || behind[closing] !== ")") return [from, to];
    // `f(x => y)`: the parentheses are those of the call.
    if (!/=>\s*\(+$/.test(before)) return [from, to];
    from = before.length - 1;
    to += closing + 1;
  }
}

function* functionsIn(node: unknown): Generator<Node> {
  if (Array.isArray(node)) for (const each of node) yield* functionsIn(each);
  else if (typeof node === "object" && node !== null) {
    const { type } = node as Node;
    if (FUNCTIONS.has(type)) yield node as Node;
    for (const value of Object.values(node)) if (typeof value === "object") yield* functionsIn(value);
  }
}
