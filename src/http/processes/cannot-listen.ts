/** Why a port could not be had, as a worker tells the primary and the primary tells whoever started it. */

/** What a worker sends before it ends. */
export interface CannotListen {
  readonly cannot_listen: string;
}

export function isCannotListen(message: unknown): message is CannotListen {
  return typeof message === "object" && message !== null && "cannot_listen" in message;
}

/** A sentence with what to do about it. */
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
