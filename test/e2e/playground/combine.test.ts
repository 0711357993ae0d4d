/**
 * Two rows combined before the chain: the result is the first stage of the table, is in the address, and appears in the
 * code.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  afterAnswer,
  axeViolations,
  drawnToken,
  funnelCounts,
  type Playground,
  screenshot,
  startPlayground,
  without_browser,
} from "./browser.ts";

let playground: Playground;

describe.skipIf(without_browser)("several rows", () => {
  beforeAll(async () => {
    playground = await startPlayground();
  });

  afterAll(() => playground?.close());

  test("a rule of the service's makes one of two rows, and its work is the first stage", async () => {
    const { page, complaints } = await playground.open("", { reducedMotion: "reduce" });
    await page.locator(".is-drawn").first().waitFor();
    const rule = page.locator(".combine-choice select").first();
    await page.locator(".combine-choice summary").click();
    const { rules } = await (await fetch(`${playground.url}/v1/combinations`)).json();
    await expect
      .poll(() => rule.locator("option").allInnerTexts())
      .toEqual(["not combined", ...rules.map(({ name }: { name: string }) => name)]);
    await afterAnswer(page, () => rule.selectOption("contrastive"));
    await page.locator(".funnel thead", { hasText: "contrastive" }).waitFor();
    await expect.poll(async () => (await funnelCounts(page)).slice(0, 2)).toEqual(["8,192", "8"]);
    await expect.poll(() => page.locator('[data-stage="temperature"] .fared').innerText()).toBe("keeps all");
    await screenshot(page, "playground-combined");
    expect(await axeViolations(page)).toEqual([]);

    const scale = page.locator("#combine-beta");
    await scale.fill("0");
    await afterAnswer(page, () => scale.press("Tab"));
    await scale.fill("-1");
    await scale.press("Tab");
    await page.locator(".combine-choice .says", { hasText: "beta" }).waitFor();
    await scale.fill("2");
    await afterAnswer(page, () => scale.press("Tab"));

    await page.waitForURL(/combine=%7B%22rule%22%3A%22contrastive%22.*beta%22%3A2%7D&sources=short/);
    const again = await playground.open(new URL(page.url()).hash);
    await again.page.locator(".funnel thead", { hasText: "contrastive" }).waitFor();
    await expect.poll(() => drawnToken(again.page)).toBe(await drawnToken(page));
    await expect
      .poll(() => page.locator(".code code").innerText())
      .toMatch(/"combine": ?\{"rule":"contrastive"/);
    await expect.poll(() => page.locator(".code code").innerText()).toContain('"shape": [2,8192]');
    await afterAnswer(page, () => rule.selectOption(""));
    await expect.poll(() => page.locator(".funnel thead", { hasText: "contrastive" }).count()).toBe(0);
    expect(complaints).toEqual([]);
    for (const each of [page, again.page]) await each.context().close();
  });
});
