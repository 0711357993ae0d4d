/**
 * The story of Learn: one picture follows the current step, by scrolling and by the keyboard, with and without motion.
 */
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { axeViolations, type Playground, startPlayground, without_browser } from "./browser.ts";

/** Maximum bytes of the view's code and styles, uncompressed. */
const BYTES_MAX = 100_000;

let playground: Playground;

const read = (page: Page, id: string) =>
  page.evaluate((wanted) => document.getElementById(wanted)?.scrollIntoView({ block: "center" }), id);
const caption = (page: Page) => page.locator(".story-picture figcaption span");
const bars = (page: Page) => page.locator(".story-picture li b").allInnerTexts();

describe.skipIf(without_browser)("the story of Learn", () => {
  beforeAll(async () => {
    playground = await startPlayground();
  });

  afterAll(() => playground?.close());

  test.each([390, 1360])("scrolls from a row to a text at %d pixels", async (width) => {
    const options = { viewport: { width, height: 844 }, reducedMotion: "reduce" as const };
    const { page, complaints } = await playground.open("#view=learn", options);
    await page.locator(".story-picture li").first().waitFor();
    await read(page, "story-softmax");
    await expect.poll(() => caption(page).innerText()).toBe("probabilities at temperature 1");
    await expect.poll(() => bars(page)).toContain("21.8 %");
    await read(page, "story-temperature");
    await page.getByText("sharper than the model itself").waitFor();
    await expect.poll(() => bars(page)).toContain("33.3 %");
    await page.getByRole("button", { name: "1: the model's own" }).first().click();
    await page.getByText("what the model itself says", { exact: true }).waitFor();
    await expect.poll(() => bars(page)).toContain("21.8 %");
    await read(page, "story-cut");
    await page.locator(".live-answer", { hasText: "of 8,192 tokens are kept" }).waitFor();
    await page.getByRole("button", { name: "top-k", exact: true }).click();
    await page.locator("#story-cut input[type=range]").fill("3");
    await expect.poll(async () => (await bars(page)).filter((text) => text === "removed").length).toBe(7);
    await read(page, "story-draw");
    await page.locator(".story-line", { hasText: "falls on" }).waitFor();
    await expect.poll(() => page.locator(".story-picture li.is-drawn").count()).toBe(1);
    expect(await axeViolations(page)).toEqual([]);
    await page.getByRole("button", { name: "Let it write on" }).click();
    await page.locator(".write-panel, .text-panel").first().waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test("a dial that gets the focus shows its step, and the arrow keys move it", async () => {
    const { page } = await playground.open("#view=learn");
    await page.locator("#story-cut input[type=range]").focus();
    await expect.poll(() => caption(page).innerText()).toBe("probabilities of what is kept");
    const kept = () => page.locator("#story-cut .live-answer").innerText();
    const before = await kept();
    for (let i = 0; i < 6; i++) await page.keyboard.press("ArrowRight");
    await expect.poll(kept).not.toBe(before);
    await page.context().close();
  });

  test("the view has at most 100 kB of code of its own", async () => {
    const { page } = await playground.open("#view=learn");
    await page.locator(".story-picture li").first().waitFor();
    const bytes = await page.evaluate(() =>
      (performance.getEntriesByType("resource") as PerformanceResourceTiming[])
        .filter(({ name }) => name.includes("learn-view"))
        .reduce((sum, { decodedBodySize }) => sum + decodedBodySize, 0),
    );
    expect(bytes).toBeGreaterThan(0);
    expect(bytes).toBeLessThan(BYTES_MAX);
    await page.context().close();
  });
});
