/*
 * What a row is, once its values are found: docs/spec/matching.md is the definition, src/kernel/reference.ts the same in plain TypeScript.
 */
import {
  ACTIVE_STRIDE,
  COL_CLASS,
  COL_COUNT,
  COL_FIELD,
  COL_FINGERPRINT,
  COL_FIRST,
  COL_KEY,
  COL_LENGTH,
  COL_POINTER,
  COL_SAME_FIELD,
  COMMON_RECORDS,
  COUNTER_CHIMERA,
  COUNTER_FIELDS,
  COUNTER_IDENTIFIABLE,
  COUNTER_MULTIPLE,
  COUNTER_ROWS,
  COUNTER_STRONG,
  COUNTER_WEAK,
  CTX_ACTIVE,
  CTX_CANDIDATES,
  CTX_CONFIRM,
  CTX_CONFIRM_INDEX,
  CTX_CONFIRM_LANES,
  CTX_CONFIRM_SEEN,
  CTX_CONFIRMING,
  CTX_CONTROL_SEEN,
  CTX_COUNTERS,
  CTX_CURRENT_PERIODS,
  CTX_DIGEST,
  CTX_FIELD_MASKS,
  CTX_FIRST_PASS,
  CTX_IDENTIFYING,
  CTX_KINDS_WANTED,
  CTX_LAST_PASS,
  CTX_OUT_HASH,
  CTX_OUT_KINDS,
  CTX_OUT_ROWS,
  CTX_RECORD_SEEN,
  CTX_RECORDS,
  CTX_ROW_FLAGS,
  CTX_ROW_HASH,
  CTX_ROW_HITS,
  CTX_ROW_ORDINAL,
  CTX_ROW_STATE,
  CTX_STRONG,
  CTX_SUBJECT_FROM,
  CTX_TOUCHED,
  KIND_CHIMERA,
  KIND_NONE,
  KIND_STRONG,
  KIND_WEAK,
  OUT_CAPACITY,
  READY,
  ROW_STATE_BYTES,
} from '../../src/kernel/layout';
import { finishHash, hashFingerprint, hashLanes } from './hash';
import { normaliseConfirming, SLOW } from './normalise';

// Row flags.
export const FLAG_SLOW: u32 = 1;

/** Sets a bit of a bitmap shared by threads; most are set already when the same subject comes again, and a plain load is cheap. */
// @ts-ignore: decorator
@inline
function setBit(map: usize, bit: u32): void {
  const word = map + (usize(bit >> 5) << 2);
  const mask: u32 = 1 << (bit & 31);
  if ((load<u32>(word) & mask) == 0) atomic.or<u32>(word, mask);
}

// @ts-ignore: decorator
@inline
function columnAt(ctx: usize, column: i32): usize {
  return ctx + CTX_ACTIVE + column * ACTIVE_STRIDE;
}

// @ts-ignore: decorator
@inline
function count(ctx: usize, counter: i32): void {
  store<u64>(ctx + counter, load<u64>(ctx + counter, CTX_COUNTERS) + 1, CTX_COUNTERS);
}

/** True when an earlier column of the same field has the same value in this row: then this one says nothing new. */
function repeats(ctx: usize, column: i32, row: i32): bool {
  const col = columnAt(ctx, column);
  let earlier = load<u32>(col, COL_SAME_FIELD);
  if (earlier == 0) return false;
  const value = load<u64>(col + (row << 3), COL_FINGERPRINT);
  while (earlier != 0) {
    const other = columnAt(ctx, ctz(earlier));
    earlier &= earlier - 1;
    if (load<u32>(other + (row << 2), COL_LENGTH) != 0 && load<u64>(other + (row << 3), COL_FINGERPRINT) == value) return true;
  }
  return false;
}

/**
 * Normalises and hashes the confirming columns of rows that were found by an identifying value (wanted: bit per row, or every row when `all`).
 * Rows that the fast path cannot normalise get FLAG_SLOW.
 */
export function hashConfirming(ctx: usize, rows: i32, all: bool): void {
  const identifying = load<i32>(ctx, CTX_IDENTIFYING);
  const confirming = load<i32>(ctx, CTX_CONFIRMING);
  const lanes = ctx + CTX_CONFIRM_LANES;
  const digest = ctx + CTX_DIGEST;
  for (let column = identifying; column < identifying + confirming; column++) {
    const col = columnAt(ctx, column);
    const kind = load<i32>(col, COL_CLASS);
    let filled: i32 = 0;
    let row0: i32 = 0, row1: i32 = 0, row2: i32 = 0, row3: i32 = 0;
    let length0: i32 = 0, length1: i32 = 0, length2: i32 = 0, length3: i32 = 0;
    for (let row: i32 = 0; row <= rows; row++) {
      if (row < rows) {
        const at = row << 2;
        const flags = load<u32>(ctx + at, CTX_ROW_FLAGS);
        if ((flags & FLAG_SLOW) != 0) continue;
        if (!all && load<u32>(ctx + at, CTX_ROW_HITS) == 0) continue;
        const length = load<u32>(col + at, COL_LENGTH);
        if (length == 0) continue;
        const cell: usize = load<u32>(col + at, COL_POINTER);
        const lane = lanes + (filled << 10);
        let size: i32;
        if ((length & READY) != 0) {
          // A prepared row: already normalised.
          size = i32(length & ~READY);
          memory.copy(lane, cell, size);
          memory.fill(lane + size, 0, ((size + 63) & ~63) - size);
        } else {
          size = normaliseConfirming(kind, cell, i32(length), lane);
          if (size == SLOW) {
            store<u32>(ctx + at, flags | FLAG_SLOW, CTX_ROW_FLAGS);
            continue;
          }
        }
        if (size == 0) {
          store<u32>(col + at, 0, COL_LENGTH);
          continue;
        }
        if (filled == 0) { row0 = row; length0 = size; }
        else if (filled == 1) { row1 = row; length1 = size; }
        else if (filled == 2) { row2 = row; length2 = size; }
        else { row3 = row; length3 = size; }
        filled++;
        if (filled < 4) continue;
      }
      if (filled == 0) continue;
      hashLanes(ctx, col + COL_KEY, length0, filled > 1 ? length1 : 0, filled > 2 ? length2 : 0, filled > 3 ? length3 : 0);
      store<u64>(col + (row0 << 3), load<u32>(digest), COL_FINGERPRINT);
      if (filled > 1) store<u64>(col + (row1 << 3), load<u32>(digest, 4), COL_FINGERPRINT);
      if (filled > 2) store<u64>(col + (row2 << 3), load<u32>(digest, 8), COL_FINGERPRINT);
      if (filled > 3) store<u64>(col + (row3 << 3), load<u32>(digest, 12), COL_FINGERPRINT);
      filled = 0;
    }
  }
}

/** Brings the confirming index of matched rows' first candidates into the cache. */
export function touchConfirming(ctx: usize, rows: i32): u32 {
  const records: usize = load<u32>(ctx, CTX_RECORDS);
  const index: usize = load<u32>(ctx, CTX_CONFIRM_INDEX);
  const entries: usize = load<u32>(ctx, CTX_CONFIRM);
  const from = load<u32>(ctx, CTX_SUBJECT_FROM);
  let sink: u32 = 0;
  for (let pass: i32 = 0; pass < 2; pass++) {
    for (let row: i32 = 0; row < rows; row++) {
      const hits = load<u32>(ctx + (row << 2), CTX_ROW_HITS);
      if (hits == 0) continue;
      const col = columnAt(ctx, ctz(hits));
      const record = load<u32>(records + (usize(load<u32>(col + (row << 2), COL_FIRST)) << 3));
      if ((record & 0x80000000) != 0) continue;
      const place = index + (usize((record & 0x0fffffff) - from) << 2);
      if (pass == 0) sink += load<u32>(place);
      else sink += load<u8>(entries + (usize(load<u32>(place)) << 3));
    }
  }
  return sink;
}

/** Adds a column's agreement to candidate `subject`, new or known; answers the number of candidates. */
// @ts-ignore: decorator
@inline
function addCandidate(ctx: usize, candidates: i32, subject: u32, bit: u32, current: bool): i32 {
  let at = ctx + CTX_CANDIDATES;
  for (let i: i32 = 0; i < candidates; i++, at += 16) {
    if (load<u32>(at) == subject) {
      store<u32>(at, load<u32>(at, 4) | bit, 4);
      if (current) store<u32>(at, load<u32>(at, 8) | bit, 8);
      return candidates;
    }
  }
  store<u32>(at, subject);
  store<u32>(at, bit, 4);
  store<u32>(at, current ? bit : 0, 8);
  return candidates + 1;
}

/** First of `count` records from `first` (ascending by subjectField) that is not below `key`. */
function lowerRecord(records: usize, first: u32, count: u32, key: u32): u32 {
  let low: u32 = 0;
  let high: u32 = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (load<u32>(records + (usize(first + middle) << 3)) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Resolves the rows of the batch that are not slow, counts them and marks what they show. */
export function resolveBatch(ctx: usize, rows: i32): void {
  const identifying = load<i32>(ctx, CTX_IDENTIFYING);
  const active = identifying + load<i32>(ctx, CTX_CONFIRMING);
  const stateBase: usize = load<u32>(ctx, CTX_ROW_STATE);
  const isFirst = load<u32>(ctx, CTX_FIRST_PASS) != 0;
  const isLast = load<u32>(ctx, CTX_LAST_PASS) != 0;
  const kindsWanted = load<u32>(ctx, CTX_KINDS_WANTED) != 0;
  for (let row: i32 = 0; row < rows; row++) {
    const at = row << 2;
    if ((load<u32>(ctx + at, CTX_ROW_FLAGS) & FLAG_SLOW) != 0) continue;
    const ordinal = load<u32>(ctx + at, CTX_ROW_ORDINAL);

    // Which columns have a value, and which of them say something new.
    let present: u32 = 0;
    let valid: i32 = 0;
    for (let column: i32 = 0; column < identifying; column++) {
      if (load<u32>(columnAt(ctx, column) + at, COL_LENGTH) != 0) {
        present |= 1 << column;
        if (!repeats(ctx, column, row)) valid++;
      }
    }

    // best agreement, candidates' identifying columns, best columns, best current, all columns, all current
    let bestAgreement: i32 = 0;
    let idMask: u32 = 0;
    let bestMask: u32 = 0;
    let bestCurrent: u32 = 0;
    let allMask: u32 = 0;
    let allCurrent: u32 = 0;
    if (load<u32>(ctx + at, CTX_ROW_HITS) != 0) {
      const candidates = gather(ctx, row, identifying);
      if (candidates != 0) {
        confirm(ctx, row, identifying, active, candidates);
        let entry = ctx + CTX_CANDIDATES;
        for (let i: i32 = 0; i < candidates; i++, entry += 16) {
          const mask = load<u32>(entry, 4);
          const current = load<u32>(entry, 8);
          const agreement = i32(popcnt(mask));
          const subject = load<u32>(entry);
          allMask |= mask;
          allCurrent |= current;
          if (agreement > bestAgreement) {
            bestAgreement = agreement;
            bestMask = mask;
            bestCurrent = current;
          } else if (agreement == bestAgreement) {
            bestMask |= mask;
            bestCurrent |= current;
          }
          setBit(load<u32>(ctx, CTX_TOUCHED), subject);
          if (agreement >= 2) setBit(load<u32>(ctx, CTX_STRONG), subject);
        }
        idMask = allMask & ((1 << identifying) - 1);
      }
    }

    if (stateBase != 0) {
      const state = stateBase + usize(ordinal) * ROW_STATE_BYTES;
      if (!isFirst) {
        const seen = i32(load<u16>(state));
        idMask |= load<u16>(state, 2);
        allMask |= load<u16>(state, 8);
        allCurrent |= load<u16>(state, 10);
        if (seen > bestAgreement) {
          bestAgreement = seen;
          bestMask = load<u16>(state, 4);
          bestCurrent = load<u16>(state, 6);
        } else if (seen == bestAgreement) {
          bestMask |= load<u16>(state, 4);
          bestCurrent |= load<u16>(state, 6);
        }
      }
      store<u16>(state, bestAgreement);
      store<u16>(state, idMask, 2);
      store<u16>(state, bestMask, 4);
      store<u16>(state, bestCurrent, 6);
      store<u16>(state, allMask, 8);
      store<u16>(state, allCurrent, 10);
    }

    if (isFirst) {
      let hash = load<u64>(ctx + (row << 3), CTX_ROW_HASH);
      let columns = present;
      while (columns != 0) {
        const column = ctz(columns);
        columns &= columns - 1;
        hash = hashFingerprint(ctx, hash, column, load<u64>(columnAt(ctx, column) + (row << 3), COL_FINGERPRINT));
      }
      const out = load<u32>(ctx, CTX_OUT_ROWS);
      store<u64>(ctx + (usize(out) << 3), finishHash(hash), CTX_OUT_HASH);
      store<u32>(ctx, out + 1, CTX_OUT_ROWS);
    }
    if (!isLast) continue;

    const kind =
      bestAgreement >= 2 ? KIND_STRONG : popcnt(idMask) >= 2 ? KIND_CHIMERA : bestAgreement == 1 ? KIND_WEAK : KIND_NONE;
    count(ctx, COUNTER_ROWS);
    if (valid != 0) count(ctx, COUNTER_IDENTIFIABLE);
    if (valid > 1) count(ctx, COUNTER_MULTIPLE);
    if (kind == KIND_STRONG) count(ctx, COUNTER_STRONG);
    else if (kind == KIND_WEAK) count(ctx, COUNTER_WEAK);
    else if (kind == KIND_CHIMERA) count(ctx, COUNTER_CHIMERA);
    if (kindsWanted && ordinal < u32(OUT_CAPACITY)) store<u8>(ctx + ordinal, kind, CTX_OUT_KINDS);

    for (let column = identifying; column < active; column++) {
      if (isFilled(ctx, column, row)) present |= 1 << column;
    }
    countFields(ctx, active, present, bestMask, bestCurrent, allMask, allCurrent);
  }
}

/** A confirming cell counts as present when it is not empty, whatever it normalises to; CTX_ROW_FLAGS remembers it from bit 8 on. */
// @ts-ignore: decorator
@inline
function isFilled(ctx: usize, column: i32, row: i32): bool {
  return ((load<u32>(ctx + (row << 2), CTX_ROW_FLAGS) >> (8 + column)) & 1) != 0;
}

function countFields(ctx: usize, active: i32, present: u32, bestMask: u32, bestCurrent: u32, allMask: u32, allCurrent: u32): void {
  let columns = present;
  while (columns != 0) {
    const column: i32 = ctz(columns);
    const field = load<i32>(columnAt(ctx, column), COL_FIELD);
    const mask = load<u32>(ctx + (field << 2), CTX_FIELD_MASKS);
    columns &= ~mask;
    const counter = COUNTER_FIELDS + field * 24;
    count(ctx, counter);
    if ((allMask & mask) == 0) continue;
    count(ctx, counter + 8);
    const current = (bestMask & mask) != 0 ? bestCurrent : allCurrent;
    if ((current & mask) != 0) count(ctx, counter + 16);
  }
}

/** Collects the subjects that the row's identifying values point to. */
function gather(ctx: usize, row: i32, identifying: i32): i32 {
  const at = row << 2;
  const records: usize = load<u32>(ctx, CTX_RECORDS);
  const currentPeriods = load<u32>(ctx, CTX_CURRENT_PERIODS);
  const seen: usize = load<u32>(ctx, CTX_RECORD_SEEN);
  let candidates: i32 = 0;
  let common: u32 = 0;
  let hits = load<u32>(ctx + at, CTX_ROW_HITS);
  while (hits != 0) {
    const column: i32 = ctz(hits);
    hits &= hits - 1;
    if (repeats(ctx, column, row)) continue;
    const col = columnAt(ctx, column);
    const first = load<u32>(col + at, COL_FIRST);
    const found = load<u32>(col + at, COL_COUNT);
    if (found > u32(COMMON_RECORDS)) {
      common |= 1 << column;
      continue;
    }
    for (let i: u32 = 0; i < found; i++) {
      const record = records + (usize(first + i) << 3);
      const owner = load<u32>(record);
      if ((owner & 0x80000000) != 0) {
        setBit(load<u32>(ctx, CTX_CONTROL_SEEN), owner & 0x0fffffff);
        continue;
      }
      setBit(seen, first + i);
      candidates = addCandidate(ctx, candidates, owner & 0x0fffffff, 1 << column, load<u32>(record, 4) < currentPeriods);
    }
  }
  // Common values point to nobody but agree with candidates that have them.
  while (common != 0 && candidates != 0) {
    const column: i32 = ctz(common);
    common &= common - 1;
    const col = columnAt(ctx, column);
    const first = load<u32>(col + at, COL_FIRST);
    const found = load<u32>(col + at, COL_COUNT);
    const tag = load<u32>(col, COL_FIELD) << 28;
    let entry = ctx + CTX_CANDIDATES;
    for (let i: i32 = 0; i < candidates; i++, entry += 16) {
      const key = load<u32>(entry) | tag;
      for (let j = lowerRecord(records, first, found, key); j < found; j++) {
        const record = records + (usize(first + j) << 3);
        if (load<u32>(record) != key) break;
        setBit(seen, first + j);
        store<u32>(entry, load<u32>(entry, 4) | (1 << column), 4);
        if (load<u32>(record, 4) < currentPeriods) store<u32>(entry, load<u32>(entry, 8) | (1 << column), 8);
      }
    }
  }
  return candidates;
}

/** Compares the row's confirming values with those that each candidate has ever had. */
function confirm(ctx: usize, row: i32, identifying: i32, active: i32, candidates: i32): void {
  if (active == identifying) return;
  const at = row << 2;
  const index: usize = load<u32>(ctx, CTX_CONFIRM_INDEX);
  const entries: usize = load<u32>(ctx, CTX_CONFIRM);
  const subjectFrom = load<u32>(ctx, CTX_SUBJECT_FROM);
  const currentPeriods = load<u32>(ctx, CTX_CURRENT_PERIODS);
  const seen: usize = load<u32>(ctx, CTX_CONFIRM_SEEN);
  for (let column = identifying; column < active; column++) {
    const col = columnAt(ctx, column);
    if (load<u32>(col + at, COL_LENGTH) == 0 || repeats(ctx, column, row)) continue;
    const value = load<u32>(col + (row << 3), COL_FINGERPRINT);
    const bit: u32 = 1 << column;
    let candidate = ctx + CTX_CANDIDATES;
    for (let i: i32 = 0; i < candidates; i++, candidate += 16) {
      const place = index + (usize(load<u32>(candidate) - subjectFrom) << 2);
      const to = load<u32>(place, 4);
      for (let j = load<u32>(place); j < to; j++) {
        const entry = entries + (usize(j) << 3);
        if (load<u32>(entry) != value) continue;
        setBit(seen, j);
        store<u32>(candidate, load<u32>(candidate, 4) | bit, 4);
        if (load<u32>(entry, 4) < currentPeriods) store<u32>(candidate, load<u32>(candidate, 8) | bit, 8);
      }
    }
  }
}
