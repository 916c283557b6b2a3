import postgres from 'postgres';

/** Conditions that people meet (PostgreSQL 18 documentation, appendix A). The server's own message may carry a value, so it is not passed on. */
const conditions: Readonly<Record<string, string>> = {
  '25006': 'it would write',
  '28000': 'this user may not connect',
  '28P01': 'wrong password or user',
  '3D000': 'there is no such database',
  '42501': 'this user may not read that',
  '42601': 'syntax error',
  '42702': 'ambiguous column',
  '42703': 'no such column',
  '42883': 'no such function or operator',
  '42P01': 'no such table',
  '53300': 'too many connections',
  '57014': 'cancelled',
  '57P03': 'the server is starting or stopping',
};

/** Why a server, the driver or the system did not do it; `position` is put behind what the server found in a statement. */
export function reasonOf(error: unknown, position = ''): string {
  const code = codeOf(error);
  if (!(error instanceof postgres.PostgresError)) return code;
  const condition = conditions[code];
  return condition === undefined ? `SQLSTATE ${code}` : `${condition}${position}, SQLSTATE ${code}`;
}

/** A code of the server, of the driver or of the operating system: never a message. */
export function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  return typeof code === 'string' && /^\w{1,60}$/.test(code) ? code : 'unknown';
}
