import type { FingerprintedBlock } from './port.ts';

/** Hands on blocks in the order of their sequence, whatever the order in which they come. Only blocks that come early are copied and kept. */
export class BlockQueue {
  readonly #process: (block: FingerprintedBlock) => void;
  readonly #early = new Map<number, FingerprintedBlock>();
  #next = 0;

  constructor(process: (block: FingerprintedBlock) => void) {
    this.#process = process;
  }

  /** Blocks that wait for an earlier one. */
  get waiting(): number {
    return this.#early.size;
  }

  push(block: FingerprintedBlock): void {
    if (block.sequence !== this.#next) {
      this.#early.set(block.sequence, copyBlock(block));
      return;
    }
    for (let ready: FingerprintedBlock | undefined = block; ready !== undefined; ready = this.#take(this.#next)) {
      this.#process(ready);
      this.#next++;
    }
  }

  #take(sequence: number): FingerprintedBlock | undefined {
    const block = this.#early.get(sequence);
    this.#early.delete(sequence);
    return block;
  }
}

function copyBlock(block: FingerprintedBlock): FingerprintedBlock {
  const { rows, novel, idOffsets } = block;
  return {
    rows,
    sequence: block.sequence,
    subject: block.subject.slice(0, rows),
    idLo: block.idLo.slice(0, rows),
    idHi: block.idHi.slice(0, rows),
    idBytes: block.idBytes.slice(0, idOffsets[rows]),
    idOffsets: idOffsets.slice(0, rows + 1),
    created: block.created?.slice(0, rows) ?? null,
    validFrom: block.validFrom?.slice(0, rows) ?? null,
    validUntil: block.validUntil?.slice(0, rows) ?? null,
    prints: block.prints?.slice(0, 2 * rows) ?? null,
    unchanged: block.unchanged,
    novel: {
      count: novel.count,
      row: novel.row.slice(0, novel.count),
      field: novel.field.slice(0, novel.count),
      lo: novel.lo.slice(0, novel.count),
      hi: novel.hi.slice(0, novel.count),
    },
    controls: block.controls.map((control) => ({ ...control, neighbours: control.neighbours.slice() })),
    rejected: new Map(block.rejected),
  };
}
