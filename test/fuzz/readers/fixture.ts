import { type Case, type Demand, failureOf } from './check-case.ts';
import { subjectOf } from './subjects.ts';

/** A case that once failed, as it stands in a file. Text is kept readable. */
export interface Fixture extends Demand {
  readonly reader: string;
  readonly found: string;
  readonly failure: string;
  readonly text?: string;
  readonly base64?: string;
}

export function toFixture(reader: string, seed: number, failure: string, { bytes, demands, rows }: Case): Fixture {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  const isText = Buffer.compare(Buffer.from(text), bytes) === 0;
  const content = isText ? { text } : { base64: Buffer.from(bytes).toString('base64') };
  return { reader, found: `seed ${seed}`, failure, ...content, demands, rows };
}

/** Why the fixture's reader still fails it, or null. */
export async function replay(fixture: Fixture): Promise<string | null> {
  const bytes = fixture.text === undefined ? Buffer.from(fixture.base64 ?? '', 'base64') : Buffer.from(fixture.text);
  return failureOf(subjectOf(fixture.reader), { bytes, demands: fixture.demands, rows: fixture.rows });
}
