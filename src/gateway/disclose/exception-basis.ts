const START = 'exception: ';

/** What entries have as the basis of what was given without a business fact. */
export function exceptionBasis(reason: string): string {
  return `${START}${reason}`;
}

/** The reason in a basis; null when it is a business fact, or the code of a refusal. */
export function exceptionReason(basis: string): string | null {
  return basis.startsWith(START) ? basis.slice(START.length) : null;
}
