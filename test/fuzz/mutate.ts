import { makeWorld, pick, type Random, seeded, type World, type WorldText } from '../scan/world.ts';

const tokens = [
  '"',
  "'",
  '""',
  '\n',
  '\r',
  '\r\n',
  ',',
  ';',
  '\t',
  '||',
  '|',
  '----',
  '-',
  '\0',
  '\xff',
  '\xe5',
  '\xef\xbc\x91',
  '\xc3\xa9',
  'é',
  ' ',
  '+',
  '0',
  '@',
  'NULL',
];

/** The text with some of its bytes changed, lost, doubled, moved, or with pieces that matter to a dialect put in. Mostly near what it was. */
function mutate<T extends WorldText>(random: Random, text: T): T {
  let bytes = text.text;
  for (let rounds = random(6); rounds > 0; rounds--) {
    const at = random(bytes.length + 1);
    const to = Math.min(bytes.length, at + random(random(5) === 0 ? 3000 : 12));
    const piece = bytes.slice(at, to);
    const own = [text.dialect.separator, text.dialect.newline, text.dialect.quote ?? '"'];
    const token = random(2) === 0 ? pick(random, own) : pick(random, tokens);
    switch (random(6)) {
      case 0:
        bytes = bytes.slice(0, at) + bytes.slice(to);
        break;
      case 1:
        bytes = bytes.slice(0, at) + String.fromCharCode(random(256)) + bytes.slice(at + 1);
        break;
      case 2:
        bytes = bytes.slice(0, at) + piece.repeat(1 + random(4)) + bytes.slice(at);
        break;
      case 3:
        bytes = bytes.slice(0, at) + token.repeat(1 + random(random(9) === 0 ? 70_000 : 3)) + bytes.slice(at);
        break;
      case 4:
        bytes = bytes.slice(0, at) + token + bytes.slice(to);
        break;
      default: {
        const into = random(bytes.length + 1);
        bytes = bytes.slice(0, into) + piece + bytes.slice(into);
      }
    }
  }
  return { ...text, text: bytes };
}

/** A world that is larger and dirtier than those of the tests. */
export function makeDirtyWorld(seed: number): World {
  const random = seeded(seed ^ 0x5bd1e995);
  const world = makeWorld(seed, { size: 1 + random(random(20) === 0 ? 40 : 3), mess: random(4) > 0 });
  return {
    ...world,
    // Of two creation times of one subject the one that counts depends on the path of its rows: such tables stay as they are.
    tables: world.tables.map((table) => (table.columns.includes('created') ? table : mutate(random, table))),
    dump: mutate(random, world.dump),
  };
}

/** Leaves out lines, then bytes, of the texts while `fails` says that the rest still fails. Bounded work. */
export function minimise(world: World, fails: (world: World) => boolean, tries = 3000): World {
  let best = world;
  let left = tries;
  const shrinkText = (get: (one: World) => string, put: (one: World, text: string) => World): void => {
    for (let size = Math.ceil(get(best).length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
      for (let at = 0; at < get(best).length && left > 0; left--) {
        const text = get(best);
        const smaller = put(best, text.slice(0, at) + text.slice(at + size));
        if (fails(smaller)) best = smaller;
        else at += size;
      }
    }
  };
  for (let i = best.tables.length - 1; i >= 0; i--) {
    const fewer = { ...best, tables: best.tables.filter((_, index) => index !== i) };
    if (fails(fewer)) best = fewer;
  }
  shrinkText(
    ({ dump }) => dump.text,
    (one, text) => ({ ...one, dump: { ...one.dump, text } }),
  );
  best.tables.forEach((_, i) => {
    shrinkText(
      ({ tables }) => tables[i]!.text,
      (one, text) => ({ ...one, tables: one.tables.map((table, index) => (index === i ? { ...table, text } : table)) }),
    );
  });
  return best;
}
