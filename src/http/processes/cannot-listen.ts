/** Why the service cannot listen: a worker reports it to the primary, and the primary to the person who started it. */

/** The message that a worker sends before it ends. */
export interface CannotListen {
  readonly cannot_listen: string;
}

export function isCannotListen(message: unknown): message is CannotListen {
  return typeof message === "object" && message !== null && "cannot_listen" in message;
}

/** The reason as a sentence, with a remedy. */
export function cannotListen(error: unknown, host: string, port: number): string {
  const { code, message } = error as NodeJS.ErrnoException; // what listen() fails with
  switch (code) {
    case "EADDRINUSE":
      return `port ${port} of ${host} is taken; set PORT`;
    case "EACCES":
      return `port ${port} of ${host} needs rights that this user lacks; set PORT to one above 1023`;
    case "EADDRNOTAVAIL":
      return `${host} is no address of this machine; set HOST`;
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return `nothing is known of the address ${host}; set HOST`;
    default:
      return `cannot listen at port ${port} of ${host}: ${message}`;
  }
}
