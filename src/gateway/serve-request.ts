/** How the gateway is served. */
export interface ServeRequest {
  /** Absolute folder of the home. */
  readonly home: string;
  /** Of the program. */
  readonly version: string;
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  /** Paths of PEM files; `clients`: certificates that may vouch for services (mTLS). Null: no TLS. */
  readonly tls: { readonly certificate: string; readonly key: string; readonly clients: string | null } | null;
  /** Listens beyond this machine without TLS: something in front of it speaks TLS. */
  readonly allowsPlain: boolean;
  /** Hears, once it listens, where; and how an administrator signs in when there is none yet. */
  readonly onListening: (listening: { readonly address: string; readonly firstLink: string | null }) => void;
  /** Gets lines of the log of requests, one JSON object each; without it none are kept. */
  readonly log?: (lines: string) => void;
  /** Hears lines for whoever watches: never a value. */
  readonly note: (text: string) => void;
  readonly untilStopped: Promise<void>;
}
