/*
 * What of an HTTP message a signature can cover (RFC 9421, section 2).
 */

/** Names in lower case; each field line as it came, in order. */
export type FieldLines = ReadonlyMap<string, readonly string[]>;

export interface RequestMessage {
  readonly method: string;
  readonly scheme: string;
  /** The host, with its port where one was given. */
  readonly authority: string;
  /** The request target as it stands in the request line, with query: mostly `/path?query`. */
  readonly target: string;
  readonly headers: FieldLines;
  readonly trailers?: FieldLines;
}

export interface ResponseMessage {
  readonly status: number;
  readonly headers: FieldLines;
  readonly trailers?: FieldLines;
}

/** What is signed: a request, or a response and, where the signature covers parts of it, the request that it answers. */
export interface SignedMessage {
  readonly request: RequestMessage | null;
  readonly response: ResponseMessage | null;
}
