/** The named schemas of the OpenAPI document: a caller's changes do not affect the schemas. */
import { expect, test } from "vitest";
import { componentSchemas } from "../../src/schemas/openapi/components.ts";

test("each caller has a copy of its own of what was made once", () => {
  const [mine, yours] = [componentSchemas(), componentSchemas()];
  const before = JSON.stringify(yours);
  const { Problem } = mine;
  expect(Problem).toBeDefined();
  Object.assign(Problem ?? {}, { description: "changed" });
  expect(JSON.stringify(yours)).toBe(before);
  expect(JSON.stringify(componentSchemas())).toBe(before);
});
