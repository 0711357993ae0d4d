/** The page on the wire format lists every problem. */
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { PROBLEMS } from "../../../src/errors.ts";

test("every problem stands in the table with its status and its sentence", async () => {
  const page = await readFile("docs/wire-format.md", "utf8");
  for (const [code, [status, title]] of Object.entries(PROBLEMS))
    expect(page).toContain(`| ${status} | \`${code}\` | ${title}. |`);
});
