/**
 * Alternatives have names: client generators (openapi-python-client) drop a reply that has two parts of the same name.
 */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

interface Schema {
  readonly anyOf?: readonly Readonly<Record<string, unknown>>[];
}

const { components } = JSON.parse(
  readFileSync(new URL("../../openapi/openapi.json", import.meta.url), "utf8"),
) as { readonly components: { readonly schemas: Readonly<Record<string, Schema>> } };

test.each(
  Object.entries(components.schemas).filter(([, { anyOf }]) => anyOf !== undefined && anyOf.length > 0),
)("every object that %s may be is a component", (_, { anyOf = [] }) => {
  for (const each of anyOf) if (each["type"] === "object") expect(each).not.toHaveProperty("properties");
});

test("replies of one row and of many are told apart by name", () => {
  const named = (name: string) =>
    components.schemas[name]?.anyOf?.map(({ $ref }) => String($ref).split("/").at(-1));
  expect(named("ScoreReply")).toEqual(["ScoreOfRow", "ScoreOfRows"]);
  expect(named("DiagnoseReply")).toEqual(["Diagnosis", "DiagnosesOfRows"]);
  expect(named("ProbabilitiesReply")).toEqual([
    "ClassProbabilities",
    "BinaryProbability",
    "ProbabilitiesOfRows",
  ]);
});
