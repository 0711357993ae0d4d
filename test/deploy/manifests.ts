/** Reads the files in deploy/: YAML documents, and the chart's templates rendered with its own values. */
import { readdirSync, readFileSync } from "node:fs";
import { parse, parseAllDocuments, stringify } from "yaml";

export type Node = Readonly<Record<string, unknown>>;

const DEPLOY = new URL("../../deploy/", import.meta.url);
const CHART = "helm/logit-sampler/";

export function textOf(path: string): string {
  return readFileSync(new URL(path, DEPLOY), "utf8");
}

/** Throws when a document is not YAML, or repeats a key. */
export function documents(text: string): Node[] {
  return parseAllDocuments(text).flatMap((document): Node[] => {
    const [error] = document.errors;
    if (error !== undefined) throw error;
    // Every manifest is a mapping; a template that is switched off leaves nothing.
    const manifest = document.toJS() as Node | null;
    return manifest === null ? [] : [manifest];
  });
}

export function manifests(path: string): Node[] {
  return documents(textOf(path));
}

/** The chart as `helm template` would print it, with other values over its own. */
export function chart(over: Node = {}): Node[] {
  const values = { ...(parse(textOf(`${CHART}values.yaml`)) as Node), ...over };
  const root = { Values: values, Release: { Name: "sampler" }, Chart: { AppVersion: "0.1.0" } };
  const names = readdirSync(new URL(`${CHART}templates`, DEPLOY)).filter((name) => name.endsWith(".yaml"));
  return names.flatMap((name) => documents(filledIn(textOf(`${CHART}templates/${name}`), root)));
}

const TAG = /\{\{-? *(.*?) *-?\}\}/;

/** The used part of the template language: values, `if` and `if not`, and `range` over a map. */
function filledIn(template: string, root: Node): string {
  return section(template.split("\n"), root).join("\n");
}

function section(lines: readonly string[], scope: Node): string[] {
  const out: string[] = [];
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? "";
    const [, action = ""] = /^ *\{\{- (if|range) /.exec(line) ?? [];
    if (action === "") {
      out.push(line.replaceAll(new RegExp(TAG, "g"), (_, expression: string) => value(expression, scope)));
      continue;
    }
    const end = endOf(lines, at);
    const body = lines.slice(at + 1, end);
    const [, expression = ""] = TAG.exec(line) ?? [];
    if (action === "if")
      out.push(...(holds(expression.slice("if ".length), scope) ? section(body, scope) : []));
    else {
      const map = lookUp(expression.slice(expression.indexOf(":=") + 2).trim(), scope) as Node;
      // Sorted by name, as Go's templates do.
      for (const [$name, $value] of Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)))
        out.push(...section(body, { ...scope, $name, $value }));
    }
    at = end;
  }
  return out;
}

/** The values that a template's condition treats as false: nothing, false, an empty text, list or map. */
function holds(condition: string, scope: Node): boolean {
  if (condition.startsWith("not ")) return !holds(condition.slice("not ".length), scope);
  const found = lookUp(condition, scope);
  return typeof found === "object" && found !== null ? Object.keys(found).length > 0 : Boolean(found);
}

/** The line after the section that begins at this line. */
function endOf(lines: readonly string[], begin: number): number {
  let depth = 0;
  for (let at = begin; at < lines.length; at++) {
    if (/^ *\{\{- (if|range) /.test(lines[at] ?? "")) depth += 1;
    if (/^ *\{\{- end \}\}/.test(lines[at] ?? "")) depth -= 1;
    if (depth === 0) return at;
  }
  throw new Error(`no end of ${lines[begin]}`);
}

function value(expression: string, scope: Node): string {
  const [path = "", filter] = expression.split("|").map((part) => part.trim());
  const [, indent] = /^nindent (\d+)$/.exec(filter ?? "") ?? [];
  if (path.startsWith("toYaml ") && indent !== undefined) {
    const text = stringify(lookUp(path.slice("toYaml ".length), scope)).trimEnd();
    return `\n${text}`.replaceAll("\n", `\n${" ".repeat(Number(indent))}`);
  }
  const found = lookUp(path, scope);
  if (found === undefined) throw new Error(`the chart has no ${path}`);
  if (filter === undefined) return String(found);
  if (filter === "quote") return JSON.stringify(String(found));
  throw new Error(`no filter ${filter} here`);
}

function lookUp(path: string, scope: Node): unknown {
  const names = path.replace(/^\./, "").split(".");
  return names.reduce<unknown>((node, name) => (node as Node | undefined)?.[name], scope);
}

/** The value at a path such as `spec.template.spec`. Throws when it is absent. */
export function at<T = Node>(node: Node, path: string): T {
  const found = lookUp(path, node);
  if (found === undefined) throw new Error(`nothing at ${path}`);
  return found as T; // the caller says what stands there, and the test fails on what it does with it otherwise
}
