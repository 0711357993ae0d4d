/**
 * A call of one of several tools, in the form that models write: {"name": "…", "arguments": {…}}. The list of tools has
 * the form that hosts receive: OpenAI's functions (chat completions or responses), or the tools of MCP and of
 * Anthropic.
 */
import { Problem } from "../errors.ts";
import { isRecord } from "../is-record.ts";
import { type JsonOptions, schemaNode } from "./json/compile.ts";
import { Lexemes } from "./json/lexemes.ts";
import type { Nodes } from "./nodes.ts";
import type { GrammarNotes } from "./notes.ts";
import type { Rules } from "./rules.ts";

interface Tool {
  readonly name: string;
  readonly parameters: unknown;
  /** pointer to the parameters in the list */
  readonly pointer: string;
}

const TOOLS_MAX = 1000;
/** The names that lists of tools use for the schema of the arguments. */
const PARAMETERS = ["parameters", "inputSchema", "input_schema"] as const;
/** Arguments of a tool without a schema. */
const NO_PARAMETERS = { type: "object" };

export const TOOLS_MUST = `must be a list of 1 to ${TOOLS_MAX} tools, each with a name`;

export function isTools(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.length <= TOOLS_MAX &&
    value.every((each, i) => toolOf(each, i))
  );
}

function toolOf(value: unknown, index: number): Tool | undefined {
  if (!isRecord(value)) return undefined;
  const [own, path] = isRecord(value["function"]) ? [value["function"], "/function"] : [value, ""];
  const { name } = own;
  if (typeof name !== "string") return undefined;
  const keyword = PARAMETERS.find((known) => own[known] !== undefined) ?? "parameters";
  return { name, parameters: own[keyword] ?? NO_PARAMETERS, pointer: `/${index}${path}/${keyword}` };
}

/** The name comes first, whatever the order of properties: it decides which arguments are valid. */
export function* toolsNode(
  nodes: Nodes,
  rules: Rules,
  tools: readonly unknown[],
  options: JsonOptions,
  notes: GrammarNotes,
): Generator<undefined, number> {
  const lexemes = new Lexemes(nodes, options.whitespace);
  const { space, comma } = lexemes;
  const colon = nodes.word(space, nodes.text(":"), space);
  const calls: number[] = [];
  for (const [index, each] of tools.entries()) {
    const tool = toolOf(each, index);
    if (tool === undefined) continue; // isTools() has seen to it
    const named = nodes.word(nodes.text("{"), space, nodes.text('"name"'), colon, lexemes.literal(tool.name));
    const head = nodes.word(named, comma, nodes.text('"arguments"'), colon);
    calls.push(
      nodes.seq(head, yield* parametersNode(nodes, rules, tool, options, notes), space, nodes.text("}")),
    );
  }
  return yield* nodes.either(calls);
}

function* parametersNode(
  nodes: Nodes,
  rules: Rules,
  { parameters, pointer }: Tool,
  options: JsonOptions,
  notes: GrammarNotes,
): Generator<undefined, number> {
  try {
    return yield* schemaNode(nodes, rules, parameters, options, notes.below(pointer));
  } catch (error) {
    throw error instanceof Problem ? error.within(pointer) : error;
  }
}
