/** The foot of the page: where its numbers come from, and where more is told. */

export function PageFoot() {
  return (
    <footer class="page-foot">
      <p>
        Everything on this page is an answer of the service's public API; the page itself samples nothing.{" "}
        <a href="/docs">Every route and option</a>
      </p>
    </footer>
  );
}
