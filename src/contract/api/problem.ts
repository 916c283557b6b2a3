import { type Static, Type } from 'typebox';

/** Every answer that is no success (RFC 9457). No member ever carries a value of a request. */
export const problemSchema = Type.Object({
  type: Type.String(),
  title: Type.String(),
  status: Type.Integer(),
  /** A code of docs/errors.md. */
  code: Type.String(),
  /** What to do. */
  detail: Type.String(),
  /** Of this request, for whoever looks into the logs. */
  request: Type.String(),
});
export type Problem = Static<typeof problemSchema>;
