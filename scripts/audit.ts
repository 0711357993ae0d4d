/**
 * `npm run audit:production`: asks the registry for known vulnerabilities of the production dependencies, and exits
 * with 1 when there are any. Mirrors of the registry often do not answer such requests. Then it prints that the result
 * is unknown and exits with 0.
 */
import { execFile } from "node:child_process";
import { commandLine } from "../src/command-line.ts";

commandLine({
  name: "npm run audit:production --",
  about:
    "Asks the registry for known vulnerabilities of what is installed in production. Ends with 1 when there are any, and with 0 when the registry does not say.",
  options: {},
});

interface Audit {
  readonly metadata?: { readonly vulnerabilities: { readonly total: number } };
  readonly message?: string;
}

/** An unreachable registry must not block the caller. */
const TIMEOUT_MS = 60_000;

execFile(
  "npm",
  ["audit", "--omit=dev", "--json", "--fetch-retries=0"],
  { shell: process.platform === "win32", timeout: TIMEOUT_MS },
  (_error, stdout) => {
    const { metadata, message } = answerOf(stdout);
    if (metadata === undefined) console.log(`no audit: ${message ?? "the registry does not answer"}`);
    else if (metadata.vulnerabilities.total === 0) console.log("0 known vulnerabilities");
    else {
      console.error(stdout);
      process.exitCode = 1;
    }
  },
);

/** npm prints one object, whatever the result; it prints nothing when it was stopped. */
function answerOf(stdout: string): Audit {
  return stdout.trim() === "" ? {} : (JSON.parse(stdout) as Audit); // what npm documents
}
