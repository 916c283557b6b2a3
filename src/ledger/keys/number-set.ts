/** A set of small numbers, such as those of keys: a bit for each up to the largest, so that ten million of them take little more than a megabyte. */
export class NumberSet {
  #words = new Uint32Array(1024);
  #count = 0;

  get size(): number {
    return this.#count;
  }

  add(number: number): void {
    const word = Math.floor(number / 32);
    if (word >= this.#words.length) {
      const larger = new Uint32Array(Math.max(2 * this.#words.length, word + 1));
      larger.set(this.#words);
      this.#words = larger;
    }
    const bit = 1 << (number % 32);
    const before = this.#words[word] ?? 0;
    if ((before & bit) === 0) this.#count++;
    this.#words[word] = before | bit;
  }

  has(number: number): boolean {
    return ((this.#words[Math.floor(number / 32)] ?? 0) & (1 << (number % 32))) !== 0;
  }

  /** Those that are not in the other one. */
  without(other: NumberSet): NumberSet {
    const rest = new NumberSet();
    for (const number of this) if (!other.has(number)) rest.add(number);
    return rest;
  }

  /** Ascending. */
  *[Symbol.iterator](): Generator<number> {
    for (const [word, bits] of this.#words.entries())
      for (let rest = bits; rest !== 0; rest &= rest - 1) yield 32 * word + (31 - Math.clz32(rest & -rest));
  }
}
