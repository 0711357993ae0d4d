/** A problem in the service's own words, where it belongs. */
import type { ProblemBody } from "../api/wire.ts";

export function Says({ problem }: { problem: ProblemBody }) {
  return (
    <p class="says" role="alert">
      {problem.detail}
      {problem.code !== "unreachable" && <code>{problem.code}</code>}
    </p>
  );
}
