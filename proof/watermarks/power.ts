/** How soon a mark is found: the share of marked texts with p ≤ .01, by length and temperature, over rows of the demo model. */
import { seeded } from "../../evidence/seeded.ts";
import { LENGTHS, type Power } from "../../evidence/watermark-results.ts";
import { look } from "./interop.ts";
import { secretOf } from "./keys.ts";
import { type Bank, Writer } from "./marked.ts";
import { MARKINGS } from "./schemes.ts";

const TEMPERATURES = [0.5, 0.7, 1] as const;

const LEVEL = 0.01;

export function powers(bank: Bank, seed: number, texts: number): Power[] {
  return MARKINGS.flatMap(({ name, test, laid, bits }) =>
    TEMPERATURES.map((temperature) => {
      const random = seeded(seed, 20);
      const found = LENGTHS.map(() => 0);
      for (let i = 0; i < texts; i++) {
        const key = secretOf(random, bits);
        const writer = new Writer(bank, [key]);
        const watermark = { key: "key", ...test, ...laid };
        const text = writer.text(Math.max(...LENGTHS), { temperature, watermark }, random);
        for (const [at, length] of LENGTHS.entries())
          if (look(text.slice(0, length), [key], test, 1).p_value <= LEVEL) found[at] = (found[at] ?? 0) + 1;
      }
      return { name, temperature, found: found.map((count) => count / texts) };
    }),
  );
}
