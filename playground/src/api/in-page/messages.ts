/** The messages between the page and the worker with the library. */

export interface ToWorker {
  readonly id: number;
  /** a path of the service, such as `/v1/sample` */
  readonly path: string;
  /** absent: a GET */
  readonly bytes?: ArrayBuffer;
  /** how many of the bytes are the JSON head of a tensor; absent: the body is JSON */
  readonly header_bytes?: number;
}

export interface FromWorker {
  readonly id: number;
  readonly status: number;
  readonly text: string;
}
