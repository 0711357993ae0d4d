/** The placeholder of the distribution's panel while its code is loading. */
import type { ComponentChildren } from "preact";

export function DistributionRoom({ children = <RoomOfCharts /> }: { children?: ComponentChildren }) {
  return (
    <section class="panel distribution" aria-labelledby="distribution-title">
      <div class="panel-head">
        <h2 id="distribution-title">The whole distribution</h2>
        <span class="aside">light: as it came; dark: what the chain left; the dot: what was drawn</span>
      </div>
      {children}
    </section>
  );
}

function RoomOfCharts() {
  return (
    <div class="charts">
      {[0, 1].map((i) => (
        <figure key={i}>
          <div class={i === 0 ? "chart-room" : "chart-room is-empty"} />
          <figcaption class="note" />
        </figure>
      ))}
    </div>
  );
}
