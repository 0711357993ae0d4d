/** The OpenAPI document matches the routes and schemas, completely and without dangling references. */
import { readFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { beforeAll, expect, test } from "vitest";
import { openApiText } from "../../../scripts/openapi-text.ts";
import { STAGES } from "../../../src/sampling/stages/index.ts";

type Json = Record<string, unknown>;
let text: string;
let document: {
  paths: Record<string, Record<string, Json>>;
  components: Record<"schemas" | "parameters", Record<string, Json>> & Record<string, Json>;
};
beforeAll(async () => {
  text = await openApiText();
  document = JSON.parse(text);
});

test("openapi/openapi.json is up to date", async () => {
  expect(await readFile("openapi/openapi.json", "utf8")).toBe(text);
});

test("every reference leads somewhere", () => {
  const names = [...text.matchAll(/#\/components\/schemas\/(\w+)/g)].map((match) => match[1] ?? "");
  expect(names.filter((name) => !(name in document.components.schemas))).toEqual([]);
});

test("every route has a summary and describes its success", () => {
  for (const [path, methods] of Object.entries(document.paths))
    for (const [method, { summary, responses }] of Object.entries(methods))
      expect({
        path,
        method,
        summary,
        ok: Object.keys(responses as Json).some((status) => /^[12]/.test(status)),
      }).toMatchObject({
        summary: expect.stringMatching(/./),
        ok: true,
      });
});

/** The query parameters of /v1/sample, by name. */
function queryOptions(): Record<string, Json> {
  const { parameters } = document.components;
  const told = (document.paths["/v1/sample"]?.["post"]?.["parameters"] ?? []) as Json[];
  const parts = told.map((each) => parameters[String(each["$ref"]).split("/").at(-1) ?? ""] ?? each);
  return Object.fromEntries(
    parts.filter((each) => each["in"] === "query").map((each) => [each["name"], each]),
  );
}

/** The schema itself, or the one that it refers to. */
function said(schema: Json = {}): Json {
  const reference = schema["$ref"];
  if (typeof reference !== "string") return schema;
  return document.components.schemas[reference.split("/").at(-1) ?? ""] as Json;
}

test("options that requests share are said once", () => {
  const { schemas } = document.components;
  for (const name of ["StepRequest", "BatchRequest"])
    expect([name, schemas[name]]).toEqual([
      name,
      expect.objectContaining({
        // The second part shows generators that this is not StepOptions itself.
        allOf: [
          { $ref: "#/components/schemas/StepOptions" },
          expect.objectContaining({ type: "object", properties: expect.objectContaining({}) }),
        ],
        unevaluatedProperties: false,
      }),
    ]);
  const { properties } = schemas["StepOptions"] as { properties: Record<string, Json> };
  const references = Object.values(properties).filter((schema) => "$ref" in schema);
  expect(references.length).toBeGreaterThan(40);
  for (const reference of references) expect(said(reference)).toHaveProperty("description");
});

test("every option of every stage is an option of a step, in JSON and in the query string, with a description", () => {
  const { properties } = document.components.schemas["StepOptions"] as { properties: Record<string, Json> };
  for (const { options } of STAGES)
    for (const name of Object.keys(options.shape).filter((option) => option !== "stage")) {
      expect([name, said(properties[name])["description"]]).toEqual([name, expect.stringMatching(/./)]);
      expect([name, queryOptions()[name]?.["description"]]).toEqual([name, expect.stringMatching(/./)]);
    }
});

test("lists are told with commas in a query string, and what is no scalar and no list of scalars as text of JSON", () => {
  for (const name of ["logit_bias", "chain", "bad_words_ids", "state", "calibration", "sparse"])
    expect([name, queryOptions()[name]?.["schema"]]).toEqual([
      name,
      { type: "string", contentMediaType: "application/json", contentSchema: expect.anything() },
    ]);
  for (const name of ["history", "shape"])
    expect([name, queryOptions()[name]]).toEqual([
      name,
      expect.objectContaining({ style: "form", explode: false }),
    ]);
  for (const name of ["temperature", "seed", "trace", "preset"])
    expect([name, queryOptions()[name]]).toEqual([name, expect.not.objectContaining({ style: "form" })]);
});

test("nothing is in it that generators of clients or Swagger UI take amiss", () => {
  // A default makes a property of a request a required one; Swagger UI would send it, and the service refuse it.
  expect(/"default": ?[^ {]/.test(text)).toBe(false);
  // Swagger UI fails to render it.
  expect(/"items": ?false/.test(text)).toBe(false);
  // Examples generated from the schema would contain it.
  expect(text.includes(String(Number.MAX_SAFE_INTEGER))).toBe(false);
  // Swagger UI would send it with every request.
  const options = Object.values(document.components.parameters).filter((each) => each["in"] === "query");
  expect(options.filter((each) => "example" in each || "examples" in each)).toEqual([]);
});

test("a default is told in words", () => {
  expect(JSON.stringify(document.components.schemas["CalibrateRequest"])).toMatch(/Default \d+\./);
});

test("every component is referred to", () => {
  const { securitySchemes: _, ...components } = document.components;
  const names = Object.entries(components).flatMap(([kind, parts]) =>
    Object.keys(parts).map((name) => `#/components/${kind}/${name}"`),
  );
  expect(names.filter((name) => !text.includes(name))).toEqual([]);
});

test("it has less than 80 kB as it travels, compressed by gzip", () => {
  // Swagger UI loads it at once. A stage takes about 1 kB plain and .2 kB compressed: there is room for 100 more.
  expect(gzipSync(text).byteLength).toBeLessThan(80_000);
});

test("no stage, combination or other kind takes more than 4 kB of it", () => {
  const large = Object.entries(document.components.schemas).filter(
    ([name, schema]) => /^(Stage|Combination|Stop)_/.test(name) && JSON.stringify(schema).length > 4_000,
  );
  expect(large.map(([name]) => name)).toEqual([]);
});

test("every stage is a schema of its own that a chain may hold", () => {
  const names = STAGES.map(({ name }) => `Stage_${name}`);
  expect(Object.keys(document.components.schemas)).toEqual(expect.arrayContaining(names));
  expect(JSON.stringify(document.components.schemas["Option_chain"])).toContain("#/components/schemas/Stage");
});
