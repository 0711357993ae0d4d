/** The playground's first view as a person uses it: a row, a chain, an answer, and the explanation of the answer. */
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  afterAnswer,
  drawnToken,
  funnelCounts,
  type Playground,
  startPlayground,
  without_browser,
} from "./browser.ts";

let playground: Playground;

const card = (page: Page, stage: string) => page.locator(`[data-stage="${stage}"]`);

const stagesOf = (page: Page) => page.locator(".card h3").allInnerTexts();

async function setNumber(page: Page, stage: string, value: string): Promise<void> {
  const field = card(page, stage).locator(".number-text").first();
  await field.fill(value);
  await afterAnswer(page, () => field.press("Enter"));
}

describe.skipIf(without_browser)("the playground", () => {
  beforeAll(async () => {
    playground = await startPlayground();
  });

  afterAll(() => playground?.close());

  test("opens with an example that is sampled and explained", async () => {
    const { page, complaints } = await playground.open();
    await page.locator(".funnel tbody tr.is-drawn").waitFor();
    await expect.poll(() => drawnToken(page)).toBe("dark");
    await expect.poll(() => stagesOf(page)).toEqual(["temperature", "top_k", "top_p", "min_p"]);
    await expect.poll(() => funnelCounts(page)).toEqual(["8,192", "8,192", "40", "19", "8"]);
    await expect.poll(() => page.locator(".death").first().innerText()).toBe("✕ 1.20 % < 1.87 %");
    await expect
      .poll(() => page.locator(".draw .aside").innerText())
      .toContain("u(seed 236, step 0) = 0.5873 falls in");
    const line = page.locator(".hosts-line", { hasText: "3 tokens" });
    await line.waitFor();
    await expect
      .poll(() => line.innerText())
      .toContain("default dark, llama.cpp mast, vllm cabin, transformers dark");
    expect(complaints).toEqual([]);
  });

  test("a slider changes the answer and the address, and the address brings it back", async () => {
    const { page } = await playground.open();
    await page.locator(".is-drawn").first().waitFor();
    await afterAnswer(page, () => card(page, "top_k").locator("input[type=range]").fill("300"));
    // 500 · 0.3³ = 13.5, and slightly less in floating point
    await expect.poll(async () => (await funnelCounts(page)).slice(0, 3)).toEqual(["8,192", "8,192", "13"]);
    const counts = await funnelCounts(page);
    await page.waitForURL((url) => url.hash.includes("top_k(top_k=13)"));
    const again = await playground.open(new URL(page.url()).hash);
    await again.page.locator(".is-drawn").first().waitFor();
    await expect.poll(() => funnelCounts(again.page)).toEqual(counts);
    await expect.poll(() => drawnToken(again.page)).toBe(await drawnToken(page));
  });

  test("stages are moved by keyboard and by pointer, switched off, removed and added", async () => {
    const { page } = await playground.open();
    await page.locator(".is-drawn").first().waitFor();
    await card(page, "temperature").locator(".grip").focus();
    await afterAnswer(page, () => page.keyboard.press("End"));
    await expect.poll(() => stagesOf(page)).toEqual(["top_k", "top_p", "min_p", "temperature"]);
    await page.keyboard.press("ArrowUp");
    await expect.poll(() => stagesOf(page)).toEqual(["top_k", "top_p", "temperature", "min_p"]);

    // A card moves to its place: hover waits until it stands still.
    await card(page, "min_p").locator(".grip").hover();
    const from = await card(page, "min_p").locator(".grip").boundingBox();
    const to = await card(page, "top_k").boundingBox();
    if (from === null || to === null) throw new Error("the cards are not in sight");
    await page.mouse.move(from.x + 5, from.y + 5);
    await page.mouse.down();
    await page.mouse.move(from.x + 5, to.y + 5, { steps: 8 });
    await page.mouse.up();
    await expect.poll(() => stagesOf(page)).toEqual(["min_p", "top_k", "top_p", "temperature"]);

    await afterAnswer(page, () => card(page, "min_p").getByRole("switch").uncheck());
    await expect.poll(() => page.locator(".funnel thead .stage-name").allInnerTexts()).not.toContain("min_p");
    await page.getByRole("button", { name: "Remove min_p" }).click();
    await afterAnswer(page, () => page.locator(".add-stage select").selectOption("xtc"));
    await expect.poll(async () => (await stagesOf(page)).at(-1)).toBe("xtc");
  });

  test("a wrong option is told of at its control, in the service's words", async () => {
    const { page } = await playground.open();
    await page.locator(".is-drawn").first().waitFor();
    await setNumber(page, "top_p", "1.5");
    const said = card(page, "top_p").locator(".field .says");
    await expect.poll(() => said.innerText()).toContain("top_p must lie in [0, 1], got 1.5");
    await setNumber(page, "top_p", "0.9");
    await expect.poll(() => said.count()).toBe(0);
  });

  test("typed rows are sampled, and what cannot be read is told of with its line", async () => {
    const { page } = await playground.open();
    await page.getByRole("button", { name: "Your own" }).click();
    const text = page.locator(".row-text textarea");
    await afterAnswer(page, () => text.fill("yes: 9\nno: 0"));
    await expect.poll(() => drawnToken(page)).toBe("yes");
    await text.fill("yes: 9\nno: many");
    await expect
      .poll(() => page.locator(".row-panel .says").innerText())
      .toContain("“many” (line 2) is not a number");
    await afterAnswer(page, () => text.fill("yes: 9\nno: NaN"));
    await expect.poll(() => page.locator(".row-panel .says").innerText()).toContain("got NaN at index 1");
  });

  test("a .npy file is read, and the next of its rows is the last", async () => {
    const { page } = await playground.open();
    await page.locator(".is-drawn").first().waitFor();
    const header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }".padEnd(117);
    const head = Buffer.concat([Buffer.from("\x93NUMPY\x01\x00", "latin1"), Buffer.from([118, 0])]);
    const rows = Buffer.from(Float32Array.of(9, 0, 0, 0, 0, 9).buffer);
    const buffer = Buffer.concat([head, Buffer.from(`${header}\n`), rows]);
    await afterAnswer(page, () =>
      page
        .locator("input[type=file]")
        .setInputFiles({ name: "two.npy", mimeType: "application/npy", buffer }),
    );
    await expect.poll(() => drawnToken(page)).toBe("#2");
    await expect.poll(() => page.locator("#row-title + .aside").innerText()).toBe("3 logits, f32");
  });

  test("a limit that meets a token is marked", async () => {
    const { page } = await playground.open("#row=example:tie");
    await page.locator(".is-drawn").first().waitFor();
    await expect.poll(() => page.locator(".edge").innerText()).toContain("close:");
  });

  test("10,000 draws agree with the probabilities, and the same draws come again", async () => {
    const { page } = await playground.open();
    await page.getByRole("button", { name: "Sample 10,000 times" }).click();
    const again = page.getByRole("button", { name: "Same again" });
    await again.waitFor();
    await expect
      .poll(() => page.locator(".verdict").innerText())
      .toMatch(/10,000 draws of seed 236.*χ² = .*what fair draws give/);
    await again.click();
    await page.locator(".same").waitFor();
    await again.waitFor();
    await expect.poll(() => page.locator(".same").innerText()).toContain("The same 10,000 tokens as before");
  });

  test("hosts stand side by side with their chains, and where they part is marked", async () => {
    const { page } = await playground.open();
    const host = (name: string) => page.locator(`[data-host="${name}"]`);
    await host("llama.cpp").waitFor();
    await expect.poll(() => host("llama.cpp").innerText()).toContain("top_k → top_p → min_p → temperature");
    await expect.poll(() => host("vllm").innerText()).toContain("temperature → min_p → top_k");
    await expect.poll(() => page.locator(".is-parting").count()).toBeGreaterThan(0);

    // another engine's result: by keyboard, with the page's own values for vllm, with one token, with a changed order
    await page.locator(".explain summary").focus();
    await page.keyboard.press("Enter");
    const pasted = page.getByLabel("what my engine gave");
    const because = () => page.locator(".why-says").innerText();
    await pasted.fill(
      "cabin: 42.6 %\nChina: 21.1 %\nsea: 16.0 %\ndark: 11.0 %\nopen: 6.22 %\nPequod: 3.05 %",
    );
    await expect.poll(because).toBe("This is what vllm gives.");
    await pasted.fill("mast");
    await expect.poll(because).toBe("llama.cpp can draw this.");
    await page.locator(".compare").getByRole("button", { name: "llama.cpp" }).click();
    await page.getByRole("button", { name: "for example: an engine that runs the first stage last" }).click();
    await expect.poll(because).toMatch(/No arm gives this. this chain would, as if .+ came before .+/);
    await expect.poll(() => page.locator('[data-arm="this chain"]').innerText()).toContain("agrees");
    await page.waitForURL((url) => url.hash.includes("&observed="));
    await pasted.fill("whale: 0.5\nno such token: 0.5");
    await expect.poll(() => page.locator(".explain .says").innerText()).toContain("is no token of this row");
    await pasted.fill("");
    await page.locator(".compare").getByRole("button", { name: "llama.cpp" }).click();
    await host("llama.cpp").waitFor();

    await page.locator(".preset-select select").selectOption("llama.cpp");
    await expect.poll(async () => (await stagesOf(page)).at(-1)).toBe("temperature");
    const order = () => page.locator(".preset-select option:checked").innerText();
    await expect.poll(order).toBe("as llama.cpp does it");
    await afterAnswer(page, () => page.getByRole("button", { name: "Remove min_p" }).click());
    await card(page, "temperature").locator(".grip").focus();
    await afterAnswer(page, () => page.keyboard.press("Home"));
    await expect.poll(order).toBe("llama.cpp, changed since");
    await page.locator(".preset-select select").selectOption("koboldcpp");
    await page.getByText("top_k stands here twice because koboldcpp itself runs it twice").waitFor();
    await expect.poll(() => card(page, "top_k").first().locator(".number-text").inputValue()).toBe("3000");
  });

  test("drawing can be stopped", async () => {
    const { page } = await playground.open("#row=example:large");
    await page.locator(".is-drawn").first().waitFor();
    await page.locator(".many select").selectOption("100000");
    await page.getByRole("button", { name: "Sample 100,000 times" }).click();
    await page.getByRole("button", { name: "Stop" }).click();
    await page.getByRole("button", { name: "Same again" }).waitFor();
    const drawn = /^([\d,]+) draws/.exec(await page.locator(".verdict").innerText())?.[1] ?? "0";
    expect(Number(drawn.replaceAll(",", ""))).toBeLessThan(100_000);
  });

  test("of 128,256 tokens few rows are in the document", async () => {
    const { page } = await playground.open("#row=example:large");
    await page.locator(".is-drawn").first().waitFor();
    await expect.poll(() => page.locator(".funnel tbody tr").count()).toBeLessThan(40);
  });
});
