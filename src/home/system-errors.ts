/**
 * The name of what the operating system refused (`ENOENT`, `EACCES`, `ENOSPC`), or the error's class when it was something else.
 * Never the message: it may carry a value.
 */
export function readErrorReason(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'code' in error) {
    if (typeof error.code === 'string' && /^[A-Z][A-Z0-9_]{1,40}$/.test(error.code)) return error.code;
  }
  if (error instanceof Error && /^[A-Za-z]{1,40}$/.test(error.name)) return error.name;
  return 'unknown';
}
