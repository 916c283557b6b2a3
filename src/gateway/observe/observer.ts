/** A request that was answered: what logs and metrics may know of it. No value, no id of anybody, no address beyond the pattern of its route. */
export interface AnsweredRequest {
  /** Names it in this process, as problems and faults do. */
  readonly id: string;
  readonly method: string;
  /** Pattern, such as `/v1/parcels/:trackingNumber`; null: there is no such route. */
  readonly route: string | null;
  readonly status: number;
  /** Code of the error that it ended with; null: none. */
  readonly code: string | null;
  /** Of who asked; null: nobody who is known. */
  readonly role: string | null;
  readonly milliseconds: number;
}

/** Hears of each answer after it was sent. It must not throw. */
export type RequestObserver = (request: AnsweredRequest) => void;

/** Tells several observers. */
export function observeAll(observers: readonly RequestObserver[]): RequestObserver {
  return (request) => {
    for (const observe of observers) observe(request);
  };
}
