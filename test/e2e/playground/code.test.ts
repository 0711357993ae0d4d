/** "As code" runs unchanged: in each language, with a row in a file and with a short row in the text. */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Playground, startPlayground, without_browser } from "./browser.ts";

const run = promisify(execFile);
const TSX = fileURLToPath(import.meta.resolve("tsx/cli"));

/** Runs a program in a folder and returns the token id that it prints. */
const LANGUAGES: Readonly<Record<string, (text: string, cwd: string) => Promise<string>>> = {
  curl: async (text, cwd) => {
    const { stdout } = await run("sh", ["-c", text.replace("curl ", "curl -s ")], { cwd });
    return String(JSON.parse(stdout).token_id);
  },
  Python: async (text, cwd) => (await run("python3", ["-c", text], { cwd })).stdout.trim(),
  TypeScript: async (text, cwd) => {
    await writeFile(join(cwd, "step.mts"), text);
    return (await run(process.execPath, [TSX, "step.mts"], { cwd })).stdout.trim();
  },
};

const ROWS = [
  { name: "a row in a file", hash: "" },
  {
    name: "a row with tokens banned and forced",
    hash: "#row=example:loop&chain=allowed_token_ids(allowed_token_ids=%5B287%2C1348%5D)~logit_bias(logit_bias=%7B%22287%22%3A%22-inf%22%7D)&seed=7",
  },
  {
    name: "two rows combined",
    hash: "#combine=%7B%22rule%22%3A%22guidance%22%2C%22guidance_scale%22%3A2%7D&sources=short&seed=3",
  },
  {
    name: "a short row, written out",
    hash: "#row=text:it's%3A%208.2%0Adog%3A%201.5%0Anever%3A%20-inf&chain=temperature(temperature=3)&seed=5&step=2",
  },
];

let playground: Playground;
let folder: string;

async function drawnId(page: Page): Promise<string> {
  const token = page.locator(".funnel tr.is-drawn .token").first();
  return ((await token.getAttribute("title")) ?? (await token.innerText())).replace(/^token |^#/, "");
}

describe.skipIf(without_browser)("as code", () => {
  beforeAll(async () => {
    playground = await startPlayground();
    folder = await mkdtemp(join(tmpdir(), "code-"));
  });

  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
    await playground?.close();
  });

  test.each(ROWS)("$name draws the same token in every language", async ({ hash }) => {
    const { page } = await playground.open(hash);
    await page.locator(".is-drawn").first().waitFor();
    if (!hash.includes("row=text:")) {
      const saving = page.waitForEvent("download");
      await page.getByRole("button", { name: /^save row/ }).click();
      const download = await saving;
      await download.saveAs(join(folder, download.suggestedFilename()));
    }
    const id = await drawnId(page);
    for (const [language, runs] of Object.entries(LANGUAGES)) {
      await page.locator(".code").getByRole("button", { name: language }).click();
      await page.getByRole("region", { name: `The request in ${language}` }).waitFor();
      const text = await page.locator(".code code").innerText();
      expect([language, await runs(text, folder)]).toEqual([language, id]);
    }
    await page.context().close();
  });
});
