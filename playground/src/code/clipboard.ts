/** false when the browser does not allow it, as on pages that were not loaded over TLS or from this machine. */
export async function copied(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
