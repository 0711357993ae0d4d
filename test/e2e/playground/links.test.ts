/**
 * Links and the browser's history: an address shows another person the same page, and Back returns to the previous
 * state.
 */
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  afterAnswer,
  afterText,
  drawnToken,
  funnelCounts,
  type Playground,
  startPlayground,
  without_browser,
} from "./browser.ts";

let playground: Playground;

const hashOf = (page: Page) => new URL(page.url()).hash;

const pressed = (page: Page) => page.locator(".row-panel .chip[aria-pressed=true]").innerText();

const ready = (page: Page) => page.locator(".is-drawn").first().waitFor();

async function writeTokens(page: Page, amount: string): Promise<void> {
  await page.locator(".write-actions .main:enabled").waitFor();
  await page.locator(".write-actions select").selectOption(amount);
  await afterText(page, () => page.locator(".write-actions .main").click());
}

describe.skipIf(without_browser)("links", () => {
  beforeAll(async () => {
    playground = await startPlayground();
  });

  afterAll(() => playground?.close());

  test("a written text, forked with another chain and seed, is written again from its address, token by token", async () => {
    const { page } = await playground.open("#view=write");
    await page.locator(".write-panel textarea").fill("The captain & his crew; ");
    await writeTokens(page, "20");
    await afterAnswer(page, () => page.locator(".text-token").nth(7).click());
    await page.locator('[data-stage="temperature"] .number-text').first().fill("1.4");
    await afterAnswer(page, () =>
      page.locator('[data-stage="temperature"] .number-text').first().press("Enter"),
    );
    await page.locator(".dice input").first().fill("99");
    await page.locator(".write-actions select").selectOption("200"); // it is still being written when it is stopped
    await page.mouse.move(0, 0); // the alternatives of the token under the mouse would cover the button
    await page.getByRole("button", { name: "Fork the text here" }).click();
    await page.waitForFunction(() => document.querySelectorAll(".text-token").length >= 20);
    await page.getByRole("button", { name: "Stop" }).click();
    await page.getByRole("button", { name: "Write on" }).waitFor();
    const text = await page.locator(".text").innerText();
    await afterAnswer(page, () => page.locator(".text-token").nth(9).click());
    await page.waitForURL((url) => url.hash.includes("row=written:9"));
    expect(hashOf(page)).toMatch(/&n=7@236@[^;&]+;\d+$/);

    const again = await playground.open(hashOf(page));
    await again.page.locator(".fork", { hasText: "Token 10" }).waitFor();
    await expect.poll(() => again.page.locator(".text").innerText()).toBe(text);
    await expect.poll(() => drawnToken(again.page)).toBe(await drawnToken(page));
    await expect
      .poll(() => again.page.locator(".write-panel textarea").inputValue())
      .toBe("The captain & his crew; ");
    await expect.poll(() => again.page.locator(".fork").innerText()).toContain("draws it again");
    expect(hashOf(again.page)).toBe(hashOf(page));
    expect(again.complaints).toEqual([]);

    // the same row in the other view
    await page.locator(".views").getByRole("button", { name: "Sample" }).click();
    const sample = await playground.open(hashOf(page));
    await sample.page.getByText("The row of token 10 of the text").waitFor();
    await ready(sample.page);
    await expect.poll(() => drawnToken(sample.page)).toBe(await drawnToken(page));
    for (const each of [page, again.page, sample.page]) await each.context().close();
  });

  test("the calibrate view: set, bins, binning, threshold and own rows", async () => {
    const { page } = await playground.open("#view=calibrate");
    await page.getByRole("button", { name: "Spam" }).click();
    await page.locator(".binning input").fill("8");
    await page.locator(".binning select").selectOption("equal_mass");
    await page.locator(".threshold input").fill("13");
    await page.waitForURL((url) => url.hash.endsWith("set=spam&bins=8&binning=equal_mass&threshold=0.99"));
    await page.getByText("8 bins of equally many rows").waitFor();
    const again = await playground.open(hashOf(page));
    await again.page.getByText("8 bins of equally many rows, over 1,512 rows that").waitFor();
    await expect.poll(() => again.page.locator(".threshold output").innerText()).toBe("0.99");
    await again.page.getByRole("button", { name: "Your own" }).click();
    await again.page.locator("textarea").fill("0: 2 1\n1: 0 3\n1: 2 1");
    await again.page.waitForURL((url) => url.hash.includes("rows=0%3A%202%201%0A"));
    const own = await playground.open(hashOf(again.page));
    await own.page.locator("#set-title + .aside", { hasText: "3 rows" }).waitFor();
    await expect.poll(() => own.page.locator("textarea").inputValue()).toBe("0: 2 1\n1: 0 3\n1: 2 1");
    for (const each of [page, again.page, own.page]) await each.context().close();
  });

  test("Back and Forward walk through rows and views; sliders make no entry", async () => {
    const { page, complaints } = await playground.open();
    await ready(page);
    const chip = (name: string) => page.locator(".row-panel .chip", { hasText: name });
    await afterAnswer(page, () => chip("Torn").click());
    await afterAnswer(page, () => page.locator('[data-stage="min_p"] input[type=range]').first().fill("700"));
    await afterAnswer(page, () => page.locator('[data-stage="min_p"] input[type=range]').first().fill("800"));
    const counts = await funnelCounts(page);
    await afterAnswer(page, () => chip("Certain").click());
    await page.locator(".views").getByRole("button", { name: "Calibrate" }).click();
    await page.locator(".shares").last().waitFor();
    await page.getByRole("button", { name: "Spam" }).click();
    await page.goBack();
    await page.locator(".calibrate .chip[aria-pressed=true]", { hasText: "Digits" }).waitFor();
    await page.goBack();
    await ready(page);
    await expect.poll(() => pressed(page)).toBe("Certain");
    await afterAnswer(page, () => page.goBack());
    await expect.poll(() => pressed(page)).toBe("Torn");
    await expect.poll(() => funnelCounts(page)).toEqual(counts); // as the slider left it
    await afterAnswer(page, () => page.goBack());
    await expect.poll(() => pressed(page)).toBe("The old ship…");
    await afterAnswer(page, () => page.goForward());
    await expect.poll(() => pressed(page)).toBe("Torn");
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test("Back to a file that was read shows it again; a link to it says what is missing", async () => {
    const { page } = await playground.open();
    await ready(page);
    const buffer = Buffer.from(
      Float32Array.from({ length: 3000 }, (_, i) => (i === 2345 ? 30 : Math.sin(i))).buffer,
    );
    await afterAnswer(page, () =>
      page.locator("input[type=file]").setInputFiles({ name: "large.f32", mimeType: "", buffer }),
    );
    await expect.poll(() => drawnToken(page)).toBe("#2345");
    const link = hashOf(page);
    await afterAnswer(page, () => page.locator(".chip", { hasText: "Torn" }).click());
    await afterAnswer(page, () => page.goBack());
    await expect.poll(() => drawnToken(page)).toBe("#2345");
    const other = await playground.open(link);
    await other.page.getByText("This link was made with large.f32").waitFor();
    for (const each of [page, other.page]) await each.context().close();
  });

  test("the button copies the address as it is now", async () => {
    const { page } = await playground.open("", { permissions: ["clipboard-read", "clipboard-write"] });
    await ready(page);
    await page.getByRole("button", { name: "Next step" }).click();
    await page.getByRole("button", { name: "Copy link" }).click();
    await page.getByText("Link copied").waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toContain("&step=1");
    await page.context().close();
  });

  test("hosts that are compared go along", async () => {
    const { page } = await playground.open("#hosts=openai,koboldcpp&numbers=off");
    await page.locator('[data-host="koboldcpp"]').waitFor();
    await expect.poll(() => page.locator("[data-host]").count()).toBe(2);
    await expect.poll(() => page.locator(".compare input[type=checkbox]").isChecked()).toBe(false);
    await page.context().close();
  });
});
