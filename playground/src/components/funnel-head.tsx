/** The head of the funnel: for each stage the number of remaining tokens, drawn as a channel that narrows. */
import { Fragment } from "preact";
import type { Answer } from "../state/result.ts";
import { Close } from "./close.tsx";
import { count, percent, significant } from "./format.ts";
import type { Column } from "./lives.ts";

/** Names with more letters than this take two lines. */
const LONG = 12;

export function FunnelHead({ of, columns }: { of: Answer; columns: readonly Column[] }) {
  const { vocab_size } = of.question.row;
  return (
    <thead>
      <tr aria-rowindex={1} class={columns.some(({ entry }) => entry.stage.length > LONG) ? "has-long" : ""}>
        <th scope="col" class="corner">
          <span class="scale">tokens left, log scale</span>
          token
        </th>
        <th scope="col">
          <span class="stage-name">as it came</span>
          <Channel before={vocab_size} after={vocab_size} of={vocab_size} />
          <b>{count(vocab_size)}</b>
        </th>
        {columns.map((column) => (
          <StageHead key={column.place} column={column} of={of} vocab_size={vocab_size} />
        ))}
        <th class="why">
          <span class="unseen">why removed</span>
        </th>
      </tr>
    </thead>
  );
}

function StageHead({
  column: { entry },
  of,
  vocab_size,
}: {
  column: Column;
  of: Answer;
  vocab_size: number;
}) {
  const { stage, kept_before, kept_after, mass_removed, entropy } = entry;
  return (
    <th scope="col" data-column={stage}>
      <StageName stage={stage} />
      <Channel before={kept_before} after={kept_after} of={vocab_size} />
      <b>{count(kept_after)}</b>
      <small title="What the tokens left had of the probability before this stage">
        {kept_after < kept_before ? `keeps ${percent(1 - mass_removed)}` : "keeps all"}
      </small>
      <small title={`As uncertain as ${significant(Math.exp(entropy))} equally likely tokens`}>
        {entropy.toFixed(2)} nats
      </small>
      <Close entry={entry} of={of} />
    </th>
  );
}

/** The columns that fit on a phone. */
export function PhoneHead({ has_end }: { has_end: boolean }) {
  return (
    <thead>
      <tr aria-rowindex={1}>
        <th scope="col" class="corner">
          token
        </th>
        <th scope="col">as it came</th>
        {has_end && <th scope="col">at the end</th>}
      </tr>
    </thead>
  );
}

/** Allows a line break after the underscores of a long name. */
function StageName({ stage }: { stage: string }) {
  return (
    <span class="stage-name" title={stage}>
      {stage.split("_").map((part, i) => (
        <Fragment key={part}>
          {i > 0 && (
            <>
              _<wbr />
            </>
          )}
          {part}
        </Fragment>
      ))}
    </span>
  );
}

/** Its height is the logarithm of the number of remaining tokens, so it narrows from left to right. */
function Channel({ before, after, of }: { before: number; after: number; of: number }) {
  const half = (n: number) => 1 + 17 * (Math.log(n + 1) / Math.log(of + 1));
  const [a, b] = [half(before), half(after)];
  const path = `M0 ${20 - a} C45 ${20 - a} 55 ${20 - b} 100 ${20 - b} V${20 + b} C55 ${20 + b} 45 ${20 + a} 0 ${20 + a} Z`;
  return (
    <svg class="channel" viewBox="0 0 100 40" preserveAspectRatio="none" aria-hidden="true">
      <path d={path} />
    </svg>
  );
}
