/** The README's command for running engines, unchanged except for the engine's address. */
import { afterEach, expect, test } from "vitest";
import { blockOf } from "../../evidence/markdown-blocks.ts";
import { type Double, llamaServer } from "../engines/double.ts";
import { run } from "./running.ts";

const opened: Double[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((each) => each.close()));
});

test("the README's line writes a text, and the same again", async () => {
  const line = blockOf("README.md", "sh", "generate --engine").split("\n").at(-1) ?? "";
  const [program, ...words] = (line.match(/"[^"]*"|\S+/g) ?? []).map((word) => word.replaceAll('"', ""));
  expect(program).toBe("logit-sampler");
  const server = await llamaServer();
  opened.push(server);
  const [command = "", ...given] = words.map((word) =>
    word === "http://127.0.0.1:8081" ? server.url : word,
  );
  expect(given).toContain(server.url);
  const text = await run(command, ...given, "--max-tokens", "8");
  expect(text.trim()).not.toBe("");
  expect(await run(command, ...given, "--max-tokens", "8")).toBe(text);
});
