/** Writing text with the demo model in the browser, and looking at a token's step. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  afterAnswer,
  afterText,
  axeViolations,
  type Playground,
  screenshot,
  startPlayground,
  without_browser,
} from "./browser.ts";

let playground: Playground;

describe.skipIf(without_browser)("writing", () => {
  beforeAll(async () => {
    playground = await startPlayground();
  });

  afterAll(() => playground?.close());

  test("the model writes through the service, any token's step opens, and the text forks there", async () => {
    const { page, complaints } = await playground.open("#view=write");
    await page.locator(".write-actions .main:enabled").waitFor();
    await page.locator(".write-actions select").selectOption("20");
    await expect.poll(() => page.locator(".funnel").count()).toBe(0); // no step before there is a token
    await afterText(page, () => page.locator(".write-panel textarea").press("Control+Enter"));
    const tokens = page.locator(".text-token");
    await expect.poll(() => tokens.count()).toBe(20);
    const first = await page.locator(".text").innerText();
    expect(first).toMatch(/^The old ship sailed into the dark/);

    await afterAnswer(page, () => tokens.nth(4).click());
    await expect.poll(() => page.locator(".fork").innerText()).toContain("draws it again");
    const field = page.locator('[data-stage="temperature"] .number-text').first();
    await field.fill("0");
    await afterAnswer(page, () => field.press("Enter"));
    await screenshot(page, "playground-write");
    expect(await axeViolations(page)).toEqual([]);
    await page.locator(".write-actions select").selectOption("200"); // it is still being written when it is stopped
    await page.mouse.move(0, 0); // the alternatives of the token under the mouse would cover the button
    await page.getByRole("button", { name: "Fork the text here" }).click();
    await page.getByRole("button", { name: "Stop" }).click();
    await page.getByRole("button", { name: "Write on" }).waitFor();
    const forked = await page.locator(".text").innerText();
    expect(forked.slice(0, 30)).toBe(first.slice(0, 30));
    expect(forked).not.toBe(first);
    expect(complaints).toEqual([]);
  });

  test("loading the model can be stopped and taken up again", async () => {
    const { page } = await playground.open();
    await page.route("**/model.onnx", async (route) => {
      await new Promise((resolve) => page.once("close", resolve));
      await route.abort();
    });
    await page.getByRole("button", { name: "Write", exact: true }).first().click();
    await page.getByRole("button", { name: "Stop" }).click();
    await page.unrouteAll({ behavior: "ignoreErrors" });
    await page.getByRole("button", { name: "Load the model" }).click();
    await page.locator(".write-actions .main:enabled").waitFor();
  });
});
