/** The plugins that the script of /docs/ gives to Swagger UI, run here without a browser. */
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { SCRIPT } from "../../../src/http/pages/docs/script.ts";
import { OPENAPI } from "../documented.ts";

interface Plugin {
  readonly fn?: { readonly resolveSubtree: (document: unknown, path: readonly string[]) => Promise<Subtree> };
}

interface Subtree {
  readonly spec: unknown;
  readonly errors: readonly unknown[];
}

/** The plugin that takes the place of Swagger UI's own resolver, which parses the whole document for each operation. */
function resolver() {
  const plugins: Plugin[] = [];
  const start: (() => void)[] = [];
  const SwaggerUIBundle = (options: { plugins: readonly ((system: object) => Plugin)[] }) =>
    plugins.push(...options.plugins.map((plugin) => plugin({ React: { createContext: () => undefined } })));
  const element = { append: () => undefined, dataset: {} };
  runInNewContext(SCRIPT, {
    SwaggerUIBundle: Object.assign(SwaggerUIBundle, { presets: {} }),
    localStorage: { getItem: () => null },
    document: { documentElement: element, createElement: () => element, getElementById: () => element },
    addEventListener: (name: string, listener: () => void) => {
      if (name === "DOMContentLoaded") start.push(listener);
    },
  });
  for (const listener of start) listener();
  const found = plugins.find(({ fn }) => fn?.resolveSubtree !== undefined)?.fn?.resolveSubtree;
  if (found === undefined) throw new Error("no plugin resolves references");
  return found;
}

const OPERATIONS = Object.entries(OPENAPI.paths).flatMap(([path, methods]) =>
  Object.keys(methods).map((method) => ["paths", path, method]),
);

test("every operation is resolved in place: no reference is left", async () => {
  expect(OPERATIONS.length).toBeGreaterThan(25);
  const resolve = resolver();
  for (const path of OPERATIONS) {
    const { spec, errors } = await resolve(OPENAPI, path);
    expect([path, errors.length, JSON.stringify(spec).includes('"$ref"')]).toEqual([path, 0, false]);
  }
});

test("a schema that contains itself keeps its reference, names are unescaped, and a part is made once", async () => {
  const tree = { items: { $ref: "#/components/schemas/tree~1node" } };
  const document = {
    components: { schemas: { "tree/node": tree } },
    paths: { "/": { get: { a: tree, b: tree } } },
  };
  const { spec } = await resolver()(document, ["paths", "/", "get"]);
  const { a, b } = spec as Record<"a" | "b", { items: unknown }>;
  expect(JSON.stringify(a)).toBe('{"items":{"items":{"$ref":"#/components/schemas/tree~1node"}}}');
  expect(a.items).toBe(b.items);
});
