/**
 * false when the browser does not allow it, for example on pages that were loaded neither over TLS nor from this
 * machine.
 */
export async function copied(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
