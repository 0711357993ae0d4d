/** The calibrate view: two real classifiers and the user's own rows. */
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
    await page.locator(".shares p").nth(1).waitFor();
    const [raw = 0, calibrated = 0] = (await page.locator(".shares p").allInnerTexts()).map((text) =>
      Number(/(\d+) of them wrong/.exec(text)?.[1]),
    );
    expect(calibrated).toBeLessThan(raw);
    const answered = page.waitForResponse((response) => response.url().endsWith("/v1/probabilities"));
    await page.locator(".threshold input").fill("16");
    await answered;
    await page.waitForFunction(() => document.querySelector(".threshold output")?.textContent === "0.999");
    await page.locator(".verdict-rows tbody tr").first().waitFor();
    await page.getByRole("button", { name: /^torn/ }).click();
    await expect
      .poll(() => page.locator(".verdict-rows .badge-small").first().innerText())
      .toMatch(/torn|unsure/);
    await screenshot(page, "playground-calibrate", true);
    expect(await axeViolations(page)).toEqual([]);
    expect(complaints).toEqual([]);
  });

  test("spam, and rows of one's own with the line that cannot be read", async () => {
    const { page } = await playground.open("#view=calibrate");
    await page.getByRole("button", { name: "Spam" }).click();
    await page.locator("#set-title + .aside", { hasText: "1,511 rows to fit, 1,512 held out" }).waitFor();
    await page.getByRole("button", { name: "Your own" }).click();
    await page.locator("#set-title + .aside", { hasText: "6 rows, all to fit" }).waitFor();
    await page.locator(".calibrate textarea").fill("0: 1 2\n1: 2 x");
    await expect
      .poll(() => page.locator(".row-panel .says").innerText())
      .toContain("“x” (line 2) is not a number");
    await page.locator(".steps.is-stale").waitFor();
  });

  test("of own rows a third is held out; of too few none, and both are said", async () => {
    const { page } = await playground.open("#view=calibrate&set=own");
    const threshold = page.locator("#threshold-title + .aside");
    await threshold.waitFor();
    await expect
      .poll(() => threshold.innerText())
      .toContain("the same 6 rows that the temperature was fitted to");
    await expect
      .poll(() => page.locator(".doubt").innerText())
      .toMatch(/6 rows are far too few: .* from 0\.86 to 13\.63/);
    const rows = Array.from({ length: 30 }, (_, i) => `${i % 4 === 0 ? 1 : 0}: ${1 + (i % 3)} 0`);
    await page.locator(".calibrate textarea").fill(rows.slice(1).join("\n"));
    await page.locator("#set-title + .aside", { hasText: "29 rows, all to fit" }).waitFor();
    await page.locator(".calibrate textarea").fill(rows.join("\n"));
    await page.locator("#set-title + .aside", { hasText: "20 rows to fit, 10 held out" }).waitFor();
    await expect
      .poll(() => threshold.innerText())
      .toContain("10 rows that the temperature was not fitted to");
    await expect
      .poll(() => page.locator(".which").innerText())
      .toContain("15 bins of equal width, over 10 rows that");
    const shares = page.locator(".shares p").first();
    // The decisions follow the temperature and have an answer of their own.
    await expect
      .poll(async () => {
        const counts = (await shares.innerText()).matchAll(/(\d+) (?:decided|left)/g);
        return [...counts].reduce((sum, [, n]) => sum + Number(n), 0);
      })
      .toBe(10);
  });

  test("the figures of the digits are those of docs/calibration.md and of the tour, and others in other bins", async () => {
    const { page } = await playground.open("#view=calibrate");
    await page.getByText("15 bins of equal width, over 2,000 rows that the temperature was not").waitFor();
    const ece = page.locator(".facts dd").nth(1);
    await expect.poll(() => ece.innerText()).toBe("6.4 % → 2.7 %");
    await page.locator(".binning input").fill("5");
    await page.getByText("above: 5 bins of equal width, over").waitFor();
    await expect.poll(() => ece.innerText()).toMatch(/→ 2\.3 %$/);
  });
});
