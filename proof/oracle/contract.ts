/**
 * The published contract, openapi/openapi.json, as a judge of requests and replies: ajv compiles its schemas, which
 * shares no code with the service. What a schema cannot say (bytes, lengths, NaN) stands in logits.ts.
 */
import { readFileSync } from "node:fs";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";

type Schemas = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

type Schema = Readonly<Record<string, unknown>>;

interface Parameter {
  readonly $ref?: string;
  readonly name: string;
  readonly in: string;
  readonly schema: Schema;
}

const document = JSON.parse(readFileSync(new URL("../../openapi/openapi.json", import.meta.url), "utf8")) as {
  readonly paths: Readonly<Record<string, { readonly post: { readonly parameters?: readonly Parameter[] } }>>;
  readonly components: {
    readonly schemas: Schemas;
    readonly parameters: Readonly<Record<string, Parameter>>;
  };
};

/** Query parameters that are also allowed in the JSON in front of a tensor, by the names of routes. */
const HEADERS: Readonly<Record<string, string>> = {
  StepHeader: "/v1/sample",
  BatchHeader: "/v1/sample/batch",
  ProbabilitiesHeader: "/v1/probabilities",
  ScoreHeader: "/v1/score",
  DiagnoseHeader: "/v1/diagnose",
  CalibrateHeader: "/v1/calibrate",
  BaselineHeader: "/v1/baseline",
};

const headers = Object.fromEntries(Object.entries(HEADERS).map(([name, path]) => [name, headerOf(path)]));
const { dtype: _, shape: __, ...options } = headers["BatchHeader"]?.properties ?? {};

/** The document's own schemas, the headers of tensors, and the options of a step without a row. */
export const SCHEMAS: Schemas = {
  ...document.components.schemas,
  ...headers,
  OptionsAlone: { type: "object", properties: options, additionalProperties: false },
};

const ajv = new Ajv2020({ strict: false, validateFormats: false });
ajv.addSchema({ ...document, components: { ...document.components, schemas: SCHEMAS } }, "openapi");
const compiled = new Map<string, ValidateFunction>();

function headerOf(path: string) {
  const { parameters = [] } = document.paths[path]?.post ?? {};
  const told = parameters.map((each) => {
    const name = each.$ref?.split("/").at(-1);
    return name === undefined ? each : document.components.parameters[name];
  });
  const fields = told.flatMap((each) =>
    each?.in === "query"
      ? [[each.name, (each.schema["contentSchema"] ?? each.schema) as Schema] as const]
      : [],
  );
  return { type: "object", properties: Object.fromEntries(fields), additionalProperties: false };
}

/** The reason why a value does not match the named schema; undefined when it does. */
export function complaintOf(name: string, value: unknown): string | undefined {
  let validate = compiled.get(name);
  if (validate === undefined) {
    validate = ajv.compile({ $ref: `openapi#/components/schemas/${name}` });
    compiled.set(name, validate);
  }
  if (validate(value)) return undefined;
  const [first] = validate.errors ?? [];
  return `${name}${first?.instancePath ?? ""} ${first?.message ?? "is wrong"}`;
}

/** Names of the stages. */
export const STAGE_NAMES = Object.keys(SCHEMAS)
  .filter((name) => name.startsWith("Stage_"))
  .map((name) => name.slice("Stage_".length));

/** The field names that an object's schema defines. */
export function fieldsOf(name: string): readonly string[] {
  return Object.keys(SCHEMAS[name]?.["properties"] ?? {});
}
