/** The page of the OpenAPI document in a real browser, under the policy that pages have. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Playground, startPlayground, without_browser } from "./browser.ts";

describe.skipIf(without_browser)("the page of the OpenAPI document", () => {
  let playground: Playground;
  beforeAll(async () => {
    playground = await startPlayground();
  });
  afterAll(() => playground?.close());

  test("shows the operations, and its policy refuses nothing it needs", async () => {
    const { page, complaints } = await playground.open();
    await page.goto(`${playground.url}/docs/`);
    await page.getByText("Draw one token from one row of logits").first().waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});
