/**
 * The share of two cores that the machine gives at this moment to processes that share nothing: the maximum for two
 * workers.
 */
import { execFile } from "node:child_process";
import { promisify } from "node:util";

const SPIN = `
const end_ms = performance.now() + 250;
let value = 0;
let rounds = 0;
for (; performance.now() < end_ms; rounds++)
  for (let turn = 0; turn < 10_000; turn++) value = (value * 1.0000001 + turn) % 7;
console.log(value < 0 ? 0 : rounds);
`;

/** The work of two processes that run a loop, as a multiple of the work of one: 2 on an otherwise idle machine. */
export async function coresToBeHad(): Promise<number> {
  const alone = await spin();
  const both = await Promise.all([spin(), spin()]);
  return (both[0] + both[1]) / alone;
}

async function spin(): Promise<number> {
  const { stdout } = await promisify(execFile)(process.execPath, ["-e", SPIN]);
  return Number(stdout);
}
