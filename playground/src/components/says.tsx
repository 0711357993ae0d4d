/** A problem in the service's own words, where it belongs; its code stands apart, as a program would get it. */
import type { ProblemBody } from "../api/wire.ts";

export function Says({ problem }: { problem: ProblemBody }) {
  return (
    <div class="says" role="alert">
      <p>{problem.detail}</p>
      {problem.code !== "unreachable" && (
        <p class="says-code">
          code <code>{problem.code}</code>
        </p>
      )}
    </div>
  );
}
