/** The foot of the page: the source of its numbers, and links to more. */

import { docs_url, source_of_numbers } from "../api/place.ts";

export function PageFoot() {
  return (
    <footer class="page-foot">
      <p>
        {source_of_numbers} <a href={docs_url}>Every route and option</a>
      </p>
    </footer>
  );
}
