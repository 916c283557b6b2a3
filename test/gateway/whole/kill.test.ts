import { test } from 'node:test';
import { killAgainAndAgain } from './kill-rounds.ts';

test('a gateway that is killed again and again under load loses nothing that a client was told, and lets nobody have more', async (t) => {
  await killAgainAndAgain(t, {
    rounds: 3,
    people: 60,
    scanners: 2,
    limit: 50,
    killAfterMs: (round) => (round === 1 ? -100 : Math.random() * 500),
    note: (text) => t.diagnostic(text),
  });
});
