import type { ByteInput, Member, ReadContext } from '../reader.ts';
import { budgetOf, meterInput, meterOutput } from './budget.ts';

/** Decompresses chunks; `name` is for errors. */
export type Decompress = (chunks: AsyncIterable<Uint8Array>, name: string) => AsyncIterable<Uint8Array>;

/** The only member of a compressed stream: with an empty path, of unknown size, counted against the budget. */
export async function* oneMember(
  input: ByteInput,
  context: ReadContext,
  decompress: Decompress,
): AsyncGenerator<Member, void, undefined> {
  const budget = budgetOf(input, context);
  yield {
    path: '',
    sizeBytes: null,
    failure: null,
    stream: () => meterOutput(decompress(meterInput(input, budget), input.name), budget, input.name),
  };
}
