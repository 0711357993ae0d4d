/** Texts written with a watermark, which the test finds, and with a grammar, which they satisfy. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  afterText,
  axeViolations,
  type Playground,
  screenshot,
  startPlayground,
  without_browser,
} from "./browser.ts";

let playground: Playground;
let folder: string;

async function write(page: Page, press = ".write-actions .main"): Promise<void> {
  await afterText(page, () => page.locator(press).click());
}

const hashOf = (page: Page) => new URL(page.url()).hash;

describe.skipIf(without_browser)("texts with more than a chain", () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "keys-"));
    await writeFile(join(folder, "keys"), "main 0x0123456789abcdef\n");
    playground = await startPlayground({ WATERMARK_KEYS_FILE: join(folder, "keys") });
  });

  afterAll(async () => {
    await playground?.close();
    await rm(folder, { recursive: true, force: true });
  });

  test("a watermark is found in the text that bears it, and not in the one beside it", async () => {
    const { page, complaints } = await playground.open("#view=write", { reducedMotion: "reduce" });
    await page.locator(".write-actions .main:enabled").waitFor();
    await page.locator(".watermark-choice select").selectOption("gumbel");
    await write(page);
    await write(page, '.beside .chip:text-is("no watermark")');
    const words = page.locator(".watermark-words p");
    await words
      .filter({ hasText: /^A, written with the mark: after 60 tokens p = \d.\d · 10⁻.*the mark is found/ })
      .waitFor();
    await words.filter({ hasText: /^B, without: after 60 tokens p = 0\.\d+, no mark is found/ }).waitFor();
    await screenshot(page, "playground-watermark");
    expect(await axeViolations(page)).toEqual([]);
    await page.waitForURL(/other_with=%7B%22watermark%22/);
    const again = await playground.open(hashOf(page), { reducedMotion: "reduce" });
    await again.page.locator(".fork").waitFor();
    await expect
      .poll(() => again.page.locator(".text").allInnerTexts())
      .toEqual(await page.locator(".text").allInnerTexts());
    expect(complaints).toEqual([]);
    for (const each of [page, again.page]) await each.context().close();
  });

  test("a key that the service has not is told of in its words", async () => {
    const { page } = await playground.open("#view=write", { reducedMotion: "reduce" });
    await page.locator(".write-actions .main:enabled").waitFor();
    await page.locator(".watermark-choice select").selectOption("synthid");
    await page.locator(".watermark-choice input").fill("other");
    await page.locator(".watermark-choice input").press("Tab");
    await page.locator(".write-actions .main").click();
    await page.locator(".write-panel .says", { hasText: "there is no such watermark key" }).waitFor();
    await page.context().close();
  });

  test("a regex holds what is written, and the tokens that it allows are seen", async () => {
    const { page, complaints } = await playground.open("#view=write", { reducedMotion: "reduce" });
    await page.locator(".write-actions .main:enabled").waitFor();
    await page.getByRole("button", { name: "regex", exact: true }).click();
    const field = page.locator('[data-stage="grammar"] textarea');
    await field.fill('{"regex": " (whale|sea|storm)( and (whale|sea|storm)){2}\\\\."}');
    await field.press("Tab");
    await write(page);
    const text = await page.locator(".text").innerText();
    expect(text.replace("The old ship sailed into the", "")).toMatch(
      /^ (whale|sea|storm)( and (whale|sea|storm)){2}\./,
    );
    await page.locator(".text-token").nth(2).click();
    await page.locator(".alternative-end", { hasText: "grammar" }).first().waitFor();
    await page.locator(".funnel thead", { hasText: "grammar" }).waitFor();
    await page.locator(".funnel tbody tr:not(.is-dead)").first().waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});
