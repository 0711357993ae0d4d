/** The look of the playground and its accessibility: light, dark, narrow, by keyboard, with a screen reader. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  afterAnswer,
  axeViolations,
  type Playground,
  screenshot,
  startPlayground,
  without_browser,
} from "./browser.ts";

let playground: Playground;

const LOOKS = [
  { name: "playground", options: { colorScheme: "light" as const } },
  { name: "playground-dark", options: { colorScheme: "dark" as const } },
  { name: "playground-narrow", options: { viewport: { width: 390, height: 844 } } },
  { name: "playground-wide", options: { viewport: { width: 1920, height: 1080 } } },
];

describe.skipIf(without_browser)("the look", () => {
  beforeAll(async () => {
    playground = await startPlayground();
  });

  afterAll(() => playground?.close());

  test.each(LOOKS)("$name has no violation of axe-core and no complaint", async ({ name, options }) => {
    const { page, complaints } = await playground.open("", { ...options, reducedMotion: "reduce" });
    await page.locator(".is-drawn").first().waitFor();
    // the screenshot shows an answer from after the service's code was compiled
    for (const step of ["1", "0"])
      await afterAnswer(page, () => page.locator(".dice input").last().fill(step));
    await page.locator(".hosts-line", { hasText: "3 tokens" }).waitFor();
    await page.getByRole("button", { name: "Sample 10,000 times" }).click();
    await page.getByRole("button", { name: "Same again" }).waitFor();
    await page.evaluate(() => scrollTo(0, 0));
    await page.mouse.move(0, 0); // no row is pointed at
    await screenshot(page, name);
    expect(await axeViolations(page)).toEqual([]);
    expect(complaints).toEqual([]);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(overflow).toBeLessThanOrEqual(0);
  });

  test("the theme is switched by hand and kept", async () => {
    const { page } = await playground.open("", { colorScheme: "light" });
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const light = await ground();
    const theme = page.locator(".theme");
    await theme.click();
    await theme.click();
    await expect.poll(() => theme.textContent()).toContain("Theme: dark");
    const dark = await ground();
    expect(dark).not.toBe(light);
    await page.reload();
    await expect.poll(ground).toBe(dark);
  });

  test("everything that can be pressed is reached by the keyboard and shows its focus", async () => {
    const { page } = await playground.open();
    await page.locator(".is-drawn").first().waitFor();
    const reached = new Set<string>();
    for (let i = 0; i < 60; i++) {
      await page.keyboard.press("Tab");
      reached.add(
        await page.evaluate(() => {
          const { outlineStyle } = getComputedStyle(document.activeElement ?? document.body);
          return `${document.activeElement?.className}|${outlineStyle}`;
        }),
      );
    }
    const found = [...reached].join("\n");
    for (const part of ["chip", "grip", "number-text", "funnel-box"])
      expect(found).toMatch(new RegExp(`${part}.*\\|(solid|auto)`));
  });

  test("without the service the page says so", async () => {
    const { page } = await playground.open();
    await page.locator(".is-drawn").first().waitFor();
    await page.route("**/v1/sample", (route) => route.abort());
    await page.getByRole("button", { name: "Next step" }).click();
    await page.locator(".outcome .says", { hasText: "The service does not answer" }).waitFor();
  });
});
