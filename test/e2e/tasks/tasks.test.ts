/** Tasks as a stranger would do them: each has a maximum number of presses or seconds. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Playground, startPlayground, without_browser } from "../playground/browser.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const TOP_P_S_MAX = 30;
const HOST_PRESSES_MAX = 5;
const FIRST_TOKEN_S_MAX = 180;

let playground: Playground;

/** The number of processes that wait for each core; the time limits are for an idle machine. */
const crowding = () => Math.max(1, (loadavg()[0] ?? 0) / availableParallelism());

/** Presses that are counted. */
function hand() {
  let presses = 0;
  return {
    press: async (target: Locator) => {
      presses += 1;
      await target.click();
    },
    presses: () => presses,
  };
}

/** True when the words are visible without scrolling. */
async function isInSight(page: Page, words: Locator): Promise<boolean> {
  const box = await words.first().boundingBox();
  const height = page.viewportSize()?.height ?? 0;
  return box !== null && box.y >= 0 && box.y < height;
}

/** A .npy of float32, as numpy.save writes it. */
function npy(values: readonly number[]): Buffer {
  const head = `{'descr': '<f4', 'fortran_order': False, 'shape': (1, ${values.length}), }`;
  const padded = `${head.padEnd(117)}\n`;
  const prefix = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, padded.length, 0]);
  return Buffer.concat([prefix, Buffer.from(padded), Buffer.from(Float32Array.from(values).buffer)]);
}

test("a token of one's own numpy row, from the built clone: one command", () => {
  const folder = mkdtempSync(join(tmpdir(), "tasks-"));
  try {
    writeFileSync(join(folder, "row.npy"), npy([1, 2.5, -0.3, 2.4]));
    const began = performance.now();
    const words = [join(ROOT, "dist/cli.js"), "sample", "--in", "row.npy", "--options", '{"temperature": 0}'];
    const { status, stdout, stderr } = spawnSync(process.execPath, words, { cwd: folder, encoding: "utf8" });
    expect(status, stderr).toBe(0);
    expect(stdout).toContain('"token_id":1');
    expect((performance.now() - began) / 1000).toBeLessThan(FIRST_TOKEN_S_MAX);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

describe.skipIf(without_browser)("in the playground", () => {
  beforeAll(async () => {
    playground = await startPlayground();
  });

  afterAll(() => playground?.close());

  test.each([390, 1360])("which host draws otherwise, and why, at %d pixels", async (width) => {
    const { page, complaints } = await playground.open("", { viewport: { width, height: 900 } });
    const { press, presses } = hand();
    const line = page.locator(".hosts-line", { hasText: "3 tokens" }).first();
    await line.waitFor();
    await expect.poll(() => line.innerText()).toMatch(/default\s+dark.*llama\.cpp\s+mast.*vllm\s+cabin/s);
    await press(line.getByRole("button", { name: "Host by host" }));
    // the explanation: the order of the stages, and for a different token the stage that removed it
    const panel = page.locator(".compare-box");
    await panel.getByText("temperature → min_p").first().waitFor();
    const differing = panel.locator("tr", { hasText: "differs" }).first();
    await expect.poll(() => differing.innerText()).toContain("top_p");
    await expect.poll(() => isInSight(page, page.getByRole("heading", { name: "Host by host" }))).toBe(true);
    console.log(`which host draws otherwise, and why: ${presses()} presses, at most ${HOST_PRESSES_MAX}`);
    expect(presses()).toBeLessThanOrEqual(HOST_PRESSES_MAX);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test.each([390, 1360])("what top-p is, from the first page, at %d pixels", async (width) => {
    const began = performance.now();
    const { page } = await playground.open("", { viewport: { width, height: 900 } });
    const { press, presses } = hand();
    await press(page.getByRole("button", { name: "Learn" }));
    const step = page.locator("#story-cut");
    await step.waitFor();
    if (width > 900) await press(page.getByRole("button", { name: /Top-k, top-p, min-p/ }));
    else while (!(await isInSight(page, step.locator(".cut-rule")))) await page.mouse.wheel(0, 700);
    const rule = step.locator(".cut-rule");
    await expect.poll(() => isInSight(page, rule)).toBe(true);
    expect(await rule.innerText()).toContain(
      "keeps the likeliest tokens until they have the share p together",
    );
    await step.locator(".live-answer", { hasText: "3 of 8,192" }).waitFor();
    const seconds = (performance.now() - began) / 1000;
    console.log(`what top-p is: ${presses()} presses, ${seconds.toFixed(1)} s, at most ${TOP_P_S_MAX}`);
    expect(seconds).toBeLessThan(TOP_P_S_MAX * crowding());
    await page.context().close();
  });
});
