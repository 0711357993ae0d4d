/** Texts written with drafts: the page shows accepted and replaced tokens, and the address restores them. */
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

const choice = (page: Page) => page.locator(".speculation-choice select");

async function write(page: Page, press = ".write-actions .main"): Promise<void> {
  await afterText(page, () => page.locator(press).click());
}

/** The text without its rejected draft tokens. */
const wordsOf = (page: Page) => page.locator(".text-token").allInnerTexts();

describe.skipIf(without_browser)("speculation", () => {
  beforeAll(async () => {
    playground = await startPlayground();
  });

  afterAll(() => playground?.close());

  test("strict drafts show what was accepted and corrected, and the text beside them without drafts is the same", async () => {
    const { page, complaints } = await playground.open("#view=write", { reducedMotion: "reduce" });
    await page.locator(".write-actions .main:enabled").waitFor();
    const { verify_methods } = await (await fetch(`${playground.url}/v1/samplers`)).json();
    await expect
      .poll(() => choice(page).first().locator("option").allInnerTexts())
      .toEqual(["none", ...verify_methods.map(({ name }: { name: string }) => name)]);
    await page.locator(".write-actions select").selectOption("20");
    // by keyboard: the method, the drafter that it selects, and the prompt
    await choice(page).first().focus();
    await page.keyboard.press("ArrowDown");
    await page.locator(".speculation-choice .note", { hasText: "token by token" }).waitFor();
    await afterText(page, () => page.locator(".write-panel textarea").press("Control+Enter"));
    const line = page.locator(".drafts-line");
    const said = /^20 tokens in (\d+) calls, .* a call; (\d+) of (\d+) drafted tokens were accepted;/;
    await expect.poll(() => line.innerText()).toMatch(said);
    const [, calls, accepted, drafted] = said.exec(await line.innerText()) ?? [];
    expect(Number(accepted)).toBeGreaterThan(0);
    expect(Number(drafted)).toBeGreaterThan(Number(accepted));
    await expect.poll(() => page.locator(".text-token.is-accepted").count()).toBe(Number(accepted));
    const corrected = await page.locator(".text .rejected").count();
    await expect.poll(() => page.locator(".text-token.is-corrected").count()).toBe(corrected);
    expect(20 - Number(accepted)).toBeLessThanOrEqual(Number(calls) + 1); // the last call may have been cut
    await expect
      .poll(() => page.locator(".text-token.is-corrected").first().getAttribute("aria-label"))
      .toMatch(/, token \d+, in place of the drafted ·/);
    expect(await axeViolations(page)).toEqual([]);
    await screenshot(page, "playground-speculation");

    await write(page, '.beside .chip:text-is("no drafts")');
    await expect.poll(() => page.locator(".parting-line").innerText()).toBe("The same for 20 tokens so far.");
    await page.waitForURL(/side=B&.*other_with=%7B%22speculate%22.*other_n=20/);
    const again = await playground.open(new URL(page.url()).hash, { reducedMotion: "reduce" });
    await again.page.locator(".fork").waitFor({ timeout: 120_000 });
    await expect
      .poll(() => again.page.locator(".text").allInnerTexts())
      .toEqual(await page.locator(".text").allInnerTexts());
    await expect.poll(() => again.page.locator(".drafts-line").innerText()).toBe(await line.innerText());
    expect(complaints).toEqual([]);
    for (const each of [page, again.page]) await each.context().close();
  }, 300_000); // three texts are written: on a crowded machine that takes its time

  test("texts that drafts decide come again from their address, forked and written on", async () => {
    const { page, complaints } = await playground.open("#view=write", { reducedMotion: "reduce" });
    await page.locator(".write-actions .main:enabled").waitFor();
    await page.locator(".write-actions select").selectOption("20");
    await choice(page).first().selectOption("rejection");
    await write(page);
    await write(page);
    await page.locator(".text-token").nth(9).click();
    await page.locator(".write-actions select").selectOption("200"); // it is still being written when it is stopped
    await page.mouse.move(0, 0); // the alternatives of the token under the mouse would cover the button
    await page.getByRole("button", { name: "Fork the text here" }).click();
    await page.locator(".text-token").nth(24).waitFor();
    await page.getByRole("button", { name: "Stop" }).click();
    await page.getByRole("button", { name: "Write on" }).waitFor();
    await page.waitForURL(/&n=9;\d+$/);
    const again = await playground.open(new URL(page.url()).hash, { reducedMotion: "reduce" });
    await again.page.locator(".fork").waitFor({ timeout: 120_000 });
    await expect.poll(() => wordsOf(again.page)).toEqual(await wordsOf(page));
    expect(complaints).toEqual([]);
    for (const each of [page, again.page]) await each.context().close();
  }, 300_000);

  test("n-grams draft what stood there before, and what the service refuses is told of", async () => {
    const { page } = await playground.open("#view=write", { reducedMotion: "reduce" });
    await page.locator(".write-actions .main:enabled").waitFor();
    await page.locator(".write-panel textarea").fill("the sea and the ship, the sea and the");
    await choice(page).first().selectOption("typical");
    await choice(page).nth(1).selectOption("ngram");
    await page.locator(".write-actions select").selectOption("20");
    await write(page);
    await page.locator(".drafts-line", { hasText: "20 tokens in" }).waitFor();
    await page.goto(
      `${playground.url}/#view=write&prompt=x&with=%7B%22speculate%22%3A%7B%22method%22%3A%22sure%22%2C%22drafter%22%3A%22ngram%22%7D%7D`,
    );
    await page.reload();
    await page.locator(".write-actions .main:enabled").click();
    await page.locator(".write-panel .says", { hasText: "method" }).waitFor();
    await page.context().close();
  });
});
