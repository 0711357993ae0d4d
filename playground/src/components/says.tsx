/**
 * Shows a problem at the place that it concerns, with the service's message; the code is separate, as a program
 * receives it.
 */
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
