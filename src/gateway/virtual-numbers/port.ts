/** For whom a number is asked. */
export interface VirtualNumberRequest {
  readonly subject: string;
  /** Null: it is about no parcel. */
  readonly parcel: string | null;
  /** The real number, for providers that forward to it themselves. */
  readonly target: string;
  readonly ttlSeconds: number;
  readonly nowMs: number;
}

/** Gives out telephone numbers that forward to real ones for a while. */
export interface VirtualNumberProvider {
  /** The same number as long as the same subject and parcel are asked for; each time for at least so long from now. Rejects with GATEWAY_VIRTUAL_NUMBERS when none is free. */
  assign(request: VirtualNumberRequest): Promise<string> | string;
  /** Ends the forwarding of a number at once; gives whether it was given out. */
  release(number: string, nowMs: number): Promise<boolean> | boolean;
  /** The subject is erased: its numbers, for these parcels and for none, forward no more, and nothing says whose they were. Gives how many there were. */
  forget(subject: string, parcels: readonly string[], nowMs: number): Promise<number> | number;
}
