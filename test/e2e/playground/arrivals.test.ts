/** Pasting and dropping anywhere on the page, and the messages for data that cannot be read. */
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { afterAnswer, drawnToken, type Playground, startPlayground, without_browser } from "./browser.ts";

let playground: Playground;

const ready = (page: Page) => page.locator(".is-drawn").first().waitFor();

/** A paste event, as the browser makes one when no field has the focus. */
async function paste(page: Page, text: string): Promise<void> {
  await page.evaluate((pasted) => navigator.clipboard.writeText(pasted), text);
  await page.keyboard.press("Control+v");
}

interface Dropped {
  readonly text?: string;
  readonly file?: { readonly name: string; readonly bytes: readonly number[] };
  readonly on: string;
}

/**
 * Drags over an element and drops. Returns, for both events, whether the page stopped the browser from opening the
 * data.
 */
function drop(page: Page, dropped: Dropped): Promise<boolean[]> {
  return page.evaluate(({ text, file, on }) => {
    const data = new DataTransfer();
    if (text !== undefined) data.setData("text/plain", text);
    if (file !== undefined) data.items.add(new File([new Uint8Array(file.bytes)], file.name));
    const target = document.querySelector(on);
    return ["dragover", "drop"].map((type) => {
      const event = new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: data });
      target?.dispatchEvent(event);
      return event.defaultPrevented;
    });
  }, dropped);
}

const CLIPBOARD = { permissions: ["clipboard-read", "clipboard-write"] };

describe.skipIf(without_browser)("what is pasted and dropped", () => {
  beforeAll(async () => {
    playground = await startPlayground();
  });

  afterAll(() => playground?.close());

  test("a tensor pasted on the page is a row, and it is said how it was read", async () => {
    const { page, complaints } = await playground.open("", CLIPBOARD);
    await ready(page);
    await afterAnswer(page, () => paste(page, "tensor([1.5000, 8.2000], device='cuda:0')"));
    // The reader of rows is loaded with the first row.
    await expect.poll(() => drawnToken(page)).toBe("#1");
    await expect.poll(() => page.locator(".how-read").innerText()).toBe("Read as 2 numbers in tensor(…).");
    await afterAnswer(page, () => page.goBack());
    await expect
      .poll(() => page.locator(".chip[aria-pressed=true]").first().innerText())
      .toBe("The old ship…");
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test("a reply's tokens are gone through one by one, each after those before it", async () => {
    const { page } = await playground.open("", CLIPBOARD);
    await ready(page);
    const token = (text: string, other: string) => ({
      token: text,
      logprob: -0.01,
      top_logprobs: [
        { token: text, logprob: -0.01 },
        { token: other, logprob: -5 },
      ],
    });
    const reply = { choices: [{ logprobs: { content: [token("Hello", "Hi"), token(" world", " there")] } }] };
    await afterAnswer(page, () => paste(page, JSON.stringify(reply, null, 2)));
    // The reader of replies is loaded with the first reply.
    await expect.poll(() => drawnToken(page)).toBe("Hello");
    await afterAnswer(page, () => page.getByRole("button", { name: "The one after" }).click());
    await expect.poll(() => page.locator(".drawn-text").first().innerText()).toMatch(/Hello\s*world/);
    await expect.poll(() => page.locator(".position").innerText()).toContain("2 of 2");
    await page.waitForURL((url) => url.hash.includes("&at=1"));
    await page.context().close();
  });

  test("a request brings its chain, its seed and its numbers along, and what has no place here is told of", async () => {
    const { page } = await playground.open("", CLIPBOARD);
    await ready(page);
    const body = { logits: [2, 1, 0.5], temperature: 0.7, top_p: 0.9, seed: 42, logprobs: true };
    await afterAnswer(page, () => paste(page, `curl http://x/v1/sample -d '${JSON.stringify(body)}'`));
    // The reader of requests is loaded with the first request.
    await expect.poll(() => page.locator(".card h3").allInnerTexts()).toEqual(["temperature", "top_p"]);
    await expect.poll(() => page.locator(".dice input").first().inputValue()).toBe("42");
    await expect.poll(() => page.locator(".how-read").innerText()).toContain("Not taken over: logprobs.");
    await page.context().close();
  });

  test("what has two readings is refused, and what is shown of the row before is grey and says so", async () => {
    const { page } = await playground.open("", CLIPBOARD);
    await ready(page);
    await paste(page, "8,2; 1,5");
    await page.locator(".row-panel .says", { hasText: "“8,2” has two readings" }).waitFor();
    await expect.poll(() => page.locator(".stale-note").innerText()).toContain("The row cannot be read");
    await page.locator(".steps.is-stale").waitFor();
    await expect
      .poll(() => page.locator(".is-stale .code, .is-stale .draw, .is-stale .funnel").count())
      .toBe(3);
    await expect
      .poll(() => page.getByRole("button", { name: "Sample 10,000 times" }).isDisabled())
      .toBe(true);
    await page.context().close();
  });

  test("files and texts may be dropped anywhere, and never take the browser away", async () => {
    const { page } = await playground.open();
    await ready(page);
    const bytes = [...new Uint8Array(Float32Array.of(0, 9, 0).buffer)];
    for (const on of ["body", ".page-foot", ".funnel", "textarea, .dice input"]) {
      expect(await drop(page, { file: { name: "row.f32", bytes }, on })).toEqual([true, true]);
      await page.locator("#row-title + .aside", { hasText: "3 logits, f32" }).waitFor();
      await expect.poll(() => page.locator(".drop-over").count()).toBe(0);
      await afterAnswer(page, () => page.locator(".chip", { hasText: "Knife edge" }).click());
    }
    await afterAnswer(page, () => drop(page, { text: "yes\t9\nno\t0", on: ".page-head" }));
    await expect.poll(() => drawnToken(page)).toBe("yes");
    // text dragged into a field stays in the field
    expect(await drop(page, { text: "x", on: ".row-text textarea" })).toEqual([false, false]);
    await page.context().close();
  });

  test("in Write a text becomes the prompt, in Calibrate rows become one's own, and a tensor goes to Sample", async () => {
    const { page } = await playground.open("#view=write", CLIPBOARD);
    await page.locator(".write-panel textarea").waitFor();
    await paste(page, "Call me Ishmael");
    await expect.poll(() => page.locator(".write-panel textarea").inputValue()).toBe("Call me Ishmael");
    await page.locator(".views").getByRole("button", { name: "Calibrate" }).click();
    await page.locator(".shares").last().waitFor();
    await paste(page, "0: 2 1\n1: 0 3\n1: 2 1");
    await page.locator("#set-title + .aside", { hasText: "3 rows, all to fit" }).waitFor();
    await page.locator(".page-head .what").click();
    await paste(page, "[9, 0]");
    await expect.poll(() => drawnToken(page)).toBe("#0");
    await page.goBack();
    await page.locator("#set-title + .aside", { hasText: "3 rows, all to fit" }).waitFor();
    await page.context().close();
  });
});
