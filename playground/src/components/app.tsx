/** The page: a head with the three views, and the view that is chosen. */

import { CalibrateView } from "../calibrate/calibrate-view.tsx";
import { catalogue_problem } from "../state/catalogue.ts";
import { presets_problem } from "../state/presets.ts";
import { view } from "../state/signals.ts";
import { PageHead } from "./page-head.tsx";
import { SampleView } from "./sample-view.tsx";
import { Says } from "./says.tsx";

export function App() {
  const problem = catalogue_problem.value ?? presets_problem.value;
  return (
    <>
      <PageHead />
      {problem && (
        <div class="page-says">
          <Says problem={problem} />
        </div>
      )}
      {view.value === "calibrate" ? <CalibrateView /> : <SampleView writes={view.value === "write"} />}
      <footer class="page-foot">
        <p>
          Everything on this page is an answer of the service's public API; the page itself samples nothing.{" "}
          <a href="/docs">Every route and option</a>
        </p>
      </footer>
    </>
  );
}
