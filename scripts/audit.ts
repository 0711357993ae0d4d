/**
 * `npm run audit:production`: asks the registry for known vulnerabilities of what is installed in production, and
 * ends with 1 when there are any. Mirrors of the registry often do not answer such questions; then it says so and
 * ends with 0, since nothing is known either way.
 */
import { execFile } from "node:child_process";

interface Audit {
  readonly metadata?: { readonly vulnerabilities: { readonly total: number } };
  readonly message?: string;
}

execFile(
  "npm",
  ["audit", "--omit=dev", "--json"],
  { shell: process.platform === "win32" },
  (_error, stdout) => {
    const { metadata, message } = JSON.parse(stdout) as Audit; // npm prints one object, whatever comes of it
    if (metadata === undefined) console.log(`no audit: ${message ?? "the registry does not answer"}`);
    else if (metadata.vulnerabilities.total === 0) console.log("0 known vulnerabilities");
    else {
      console.error(stdout);
      process.exitCode = 1;
    }
  },
);
