/** The calibrate view: two real classifiers and rows of one's own. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { axeViolations, type Playground, screenshot, startPlayground, without_browser } from "./browser.ts";

let playground: Playground;

describe.skipIf(without_browser)("calibrating", () => {
  beforeAll(async () => {
    playground = await startPlayground();
  });

  afterAll(() => playground?.close());

  test("digits: ECE falls, the threshold decides fewer rows and fewer wrongly", async () => {
    const { page, complaints } = await playground.open("#view=calibrate");
    await page.locator(".shares").last().waitFor();
    const ece = await page.locator(".facts dd").nth(1).innerText();
    const [before = 0, after = 0] = [...ece.matchAll(/[\d.]+/g)].map(Number);
    expect(after).toBeLessThan(before / 2);
    const wrong = async () =>
      (await page.locator(".shares p").allInnerTexts()).map((text) =>
        Number(/(\d+) of them wrong/.exec(text)?.[1]),
      );
    const [raw = 0, calibrated = 0] = await wrong();
    expect(calibrated).toBeLessThan(raw);
    const answered = page.waitForResponse((response) => response.url().endsWith("/v1/probabilities"));
    await page.locator(".threshold input").fill("16");
    await answered;
    await page.waitForFunction(() => document.querySelector(".threshold output")?.textContent === "0.999");
    await page.locator(".verdict-rows tbody tr").first().waitFor();
    await page.getByRole("button", { name: /^torn/ }).click();
    expect(await page.locator(".verdict-rows .badge-small").first().innerText()).toMatch(/torn|unsure/);
    await screenshot(page, "playground-calibrate", true);
    expect(await axeViolations(page)).toEqual([]);
    expect(complaints).toEqual([]);
  });

  test("spam, and rows of one's own with the line that cannot be read", async () => {
    const { page } = await playground.open("#view=calibrate");
    await page.getByRole("button", { name: "Spam" }).click();
    await page.locator("#set-title + .aside", { hasText: "1511 rows" }).waitFor();
    await page.getByRole("button", { name: "Your own" }).click();
    await page.locator("#set-title + .aside", { hasText: "6 rows" }).waitFor();
    await page.locator(".calibrate textarea").fill("0: 1 2\n1: 2 x");
    expect(await page.locator(".row-panel .says").innerText()).toContain("“x” (line 2) is not a number");
  });
});
