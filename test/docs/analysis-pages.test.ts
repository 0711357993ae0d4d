/** Sends every curl command of the analysis pages, and compares the reply with the one on the page. */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { post, type Server, startApp } from "../http/routes/analysis-app.ts";

const EXAMPLE =
  /```sh\ncurl -s localhost:8080(\S+)[^']*'content-type: application\/json' -d '\n([^']*)'\n```\n```json\n([^`]*)```/g;

let server: Server;
beforeAll(async () => {
  server = await startApp();
});
afterAll(() => server.close());

/** The value with every number rounded as the pages round: 4 decimals, or 4 digits when it is small. */
function rounded(value: unknown): unknown {
  if (typeof value === "number")
    return Number(Math.abs(value) < 1e-3 ? value.toPrecision(4) : value.toFixed(4));
  if (Array.isArray(value)) return value.map(rounded);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, rounded(each)]));
}

describe.each(["reading-logits", "calibration", "diagnostics"])("docs/%s.md", (name) => {
  const page = readFileSync(new URL(`../../docs/${name}.md`, import.meta.url), "utf8");
  const examples = [...page.matchAll(EXAMPLE)].map(([, url, request, reply]) => ({ url, request, reply }));

  test("has examples, and each command its reply", () => {
    expect(examples.length).toBeGreaterThan(0);
    expect(examples).toHaveLength(page.split("\ncurl ").length - 1);
  });

  test.each(examples)("$url answers as shown", async ({ url, request, reply }) => {
    const { status, body } = await post(server, url!, request!);
    expect(status).toBe(200);
    expect(rounded(body)).toEqual(JSON.parse(reply!));
  });
});
