/** The client went away before its body was complete, so there is no answer to send. */
export class ClientGone extends Error {
  override readonly name = "ClientGone";
}
