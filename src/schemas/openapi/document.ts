/**
 * Finishes the OpenAPI document that the routes produce: parts that operations share become components, and
 * components without a reference are removed.
 */

import type { JsonSchema } from "../options.ts";
import { REQUEST_EXAMPLES } from "./examples.ts";
import { REPLY_EXAMPLES } from "./reply-examples.ts";

interface Media {
  readonly schema: JsonSchema;
  examples?: unknown;
}

interface Response {
  headers?: Readonly<Record<string, JsonSchema>>;
  readonly content?: Readonly<Record<string, Media>>;
}

interface Operation {
  readonly operationId: string;
  readonly requestBody?: { readonly content: Readonly<Record<string, Media>> };
  parameters?: readonly JsonSchema[];
  responses: Readonly<Record<string, Response>>;
}

interface Draft {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  components: Record<string, Record<string, JsonSchema>>;
}

/** Changes `drafted`, the document from the plugin that collects the routes. */
export function finished<Drafted extends object>(drafted: Drafted): Drafted {
  const draft = drafted as unknown as Draft; // an object of OpenAPI 3.1, with this service's routes and components
  const operations = Object.values(draft.paths).flatMap((methods) => Object.values(methods));
  for (const operation of operations) addExamples(operation);
  const shared = {
    parameters: shareParameters(operations),
    headers: shareHeaders(operations),
    responses: shareProblems(operations),
  };
  const { schemas = {}, ...rest } = draft.components;
  draft.components = { ...rest, ...shared, schemas: referredTo(schemas, [draft.paths, shared]) };
  return drafted;
}

/** The first request example is the one whose reply the reply example shows. */
function addExamples({ operationId, requestBody, responses }: Operation): void {
  const requests = REQUEST_EXAMPLES[operationId];
  const asked = requestBody && first(requestBody.content);
  if (requests === undefined || asked === undefined) return;
  asked.examples = requests;
  const [name = ""] = Object.keys(requests);
  const answered = first(responses["200"]?.content ?? {});
  const value = REPLY_EXAMPLES[operationId];
  if (answered !== undefined && value !== undefined) answered.examples = { [name]: { value } };
}

/** The first content type is text, which examples can show. */
function first(content: Readonly<Record<string, Media>>): Media | undefined {
  return Object.values(content)[0];
}

function shareParameters(operations: readonly Operation[]): Record<string, JsonSchema> {
  const shared = new Shared("parameters");
  const with_parameters = operations.filter(({ parameters }) => parameters !== undefined);
  for (const operation of with_parameters) {
    operation.parameters = operation.parameters?.map(lean) ?? [];
    for (const parameter of operation.parameters) shared.count(String(parameter["name"]), parameter);
  }
  for (const operation of with_parameters)
    operation.parameters =
      operation.parameters?.map((each) => shared.refTo(String(each["name"]), each)) ?? [];
  return shared.all();
}

function shareHeaders(operations: readonly Operation[]): Record<string, JsonSchema> {
  const shared = new Shared("headers");
  const responses = operations.flatMap((operation) => Object.values(operation.responses));
  for (const { headers = {} } of responses)
    for (const [name, header] of Object.entries(headers)) shared.count(name, header);
  for (const response of responses)
    if (response.headers !== undefined)
      response.headers = Object.fromEntries(
        Object.entries(response.headers).map(([name, header]) => [name, shared.refTo(name, header)]),
      );
  return shared.all();
}

/** Most operations have the same error responses. */
function shareProblems(operations: readonly Operation[]): Record<string, JsonSchema> {
  const shared = new Shared("responses");
  const told = (response: Response) => ({ ...response }) as JsonSchema;
  const nameOf = (status: string, { content = {} }: Response) =>
    `${Object.keys(content).some((type) => type.includes("problem")) ? "Problem" : "InferError"}${status}`;
  const problems = ({ responses }: Operation) =>
    Object.entries(responses).filter(([status]) => /^[45]/.test(status));
  for (const operation of operations)
    for (const [status, response] of problems(operation))
      shared.count(nameOf(status, response), told(response));
  for (const operation of operations)
    operation.responses = {
      ...operation.responses,
      ...Object.fromEntries(
        problems(operation).map(([status, response]) => [
          status,
          shared.refTo(nameOf(status, response), told(response)) as Response,
        ]),
      ),
    };
  return shared.all();
}

/** Removes what OpenAPI assumes by default: that an option may be absent, and how a scalar is serialized. */
function lean({ required, style, explode, ...parameter }: JsonSchema): JsonSchema {
  const { type } = parameter["schema"] as JsonSchema; // every parameter has one
  const list = [type].flat().includes("array") ? { style, explode } : {};
  return { ...parameter, ...list, ...(required === true && { required }) };
}

/**
 * Several operations have parts of one kind in common. For each name, the most frequent form becomes a component.
 */
class Shared {
  readonly #kind: string;
  /** by name, the number of operations with each form, as JSON */
  readonly #counts = new Map<string, Map<string, number>>();

  constructor(kind: string) {
    this.#kind = kind;
  }

  count(name: string, part: JsonSchema): void {
    const forms = this.#counts.get(name) ?? new Map<string, number>();
    const text = JSON.stringify(part);
    this.#counts.set(name, forms.set(text, (forms.get(text) ?? 0) + 1));
  }

  /** A part that differs from its component stays in place. */
  refTo(name: string, part: JsonSchema): JsonSchema {
    return this.#form(name) === JSON.stringify(part) ? { $ref: `#/components/${this.#kind}/${name}` } : part;
  }

  all(): Record<string, JsonSchema> {
    const names = [...this.#counts.keys()].filter((name) => this.#form(name) !== undefined);
    return Object.fromEntries(names.map((name) => [name, JSON.parse(this.#form(name) ?? "{}")]));
  }

  #form(name: string): string | undefined {
    const [[text, count] = ["", 0]] = [...(this.#counts.get(name) ?? [])].sort(([, a], [, b]) => b - a);
    return count > 1 ? text : undefined;
  }
}

/** The schemas that are referenced, directly or through other schemas. */
function referredTo(
  schemas: Readonly<Record<string, JsonSchema>>,
  from: readonly unknown[],
): Record<string, JsonSchema> {
  const names = new Set<string>();
  const open = [JSON.stringify(from)];
  for (let text = open.pop(); text !== undefined; text = open.pop()) {
    for (const [, name = ""] of text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
      if (names.has(name)) continue;
      names.add(name);
      open.push(JSON.stringify(schemas[name] ?? {}));
    }
  }
  return Object.fromEntries(Object.entries(schemas).filter(([name]) => names.has(name)));
}
