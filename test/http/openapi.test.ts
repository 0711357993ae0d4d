/** The OpenAPI document is what the routes and schemas say, whole and without loose ends. */
import { readFile } from "node:fs/promises";
import { beforeAll, expect, test } from "vitest";
import { openApiText } from "../../scripts/openapi-text.ts";
import { STAGES } from "../../src/sampling/stages/index.ts";

type Json = Record<string, unknown>;
let text: string;
let document: { paths: Record<string, Record<string, Json>>; components: { schemas: Record<string, Json> } };
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

test("every option of every stage is an option of a step, in JSON and in the query string, with a description", () => {
  const { properties } = document.components.schemas["StepRequest"] as { properties: Record<string, Json> };
  const parameters = document.paths["/v1/sample"]?.["post"]?.["parameters"] as Json[];
  for (const { options } of STAGES)
    for (const name of Object.keys(options.shape).filter((option) => option !== "stage")) {
      expect([name, properties[name]?.["description"]]).toEqual([name, expect.stringMatching(/./)]);
      expect(parameters.find((parameter) => parameter["name"] === name)).toMatchObject({
        in: "query",
        required: false,
      });
    }
});

test("options that are no scalars and no lists of scalars stand as JSON in a query string", () => {
  const parameters = document.paths["/v1/sample"]?.["post"]?.["parameters"] as Json[];
  const named = (name: string) => parameters.find((parameter) => parameter["name"] === name);
  for (const name of ["logit_bias", "chain", "bad_words_ids", "state", "calibration", "sparse"])
    expect([name, named(name)]).toEqual([
      name,
      expect.objectContaining({ content: { "application/json": expect.anything() } }),
    ]);
  for (const name of ["temperature", "seed", "trace", "history", "preset"])
    expect([name, named(name)]).toEqual([name, expect.objectContaining({ style: "form", explode: false })]);
});

test("every stage is a schema of its own that a chain may hold", () => {
  const names = STAGES.map(({ name }) => `Stage_${name}`);
  expect(Object.keys(document.components.schemas)).toEqual(expect.arrayContaining(names));
  expect(JSON.stringify(document.components.schemas["StepRequest"])).toContain("#/components/schemas/Stage");
});
