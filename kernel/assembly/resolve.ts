/*
 * What a row is, once its values are found: docs/spec/matching.md is the definition, src/verify/reference.ts the same in plain TypeScript.
 */
import {
  ACTIVE_STRIDE,
  COL_CLASS,
  COL_FIELD,
  COL_KEY,
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
  CTX_FACTORS,
  CTX_FIELD_MASKS,
  CTX_FIRST_PASS,
  CTX_FOUND,
  CTX_FOUND_ROWS,
  CTX_HAS_REPEATS,
  CTX_IDENTIFYING,
  CTX_KINDS_WANTED,
  CTX_LAST_PASS,
  CTX_OUT_HASH,
  CTX_OUT_KINDS,
  CTX_OUT_ROWS,
  CTX_RECORD_SEEN,
  CTX_ROW_STATE,
  CTX_SINK,
  CTX_STRONG,
  CTX_SUBJECT_FROM,
  CTX_TABLE,
  CTX_TOUCHED,
  CTX_VALUES,
  CTX_WAITING,
  KIND_CHIMERA,
  KIND_NONE,
  KIND_STRONG,
  KIND_WEAK,
  KINDS_CAPACITY,
  LANE_BYTES,
  MANY,
  NOT_FOUND,
  READY,
  ROW_HASH,
  ROW_HITS,
  ROW_ORDINAL,
  ROW_PRESENT,
  ROW_SLOW,
  ROW_STATE_BYTES,
  STEP,
  VALUE_COUNT,
  VALUE_FINGERPRINT,
  VALUE_FIRST,
  VALUES_STRIDE,
  WAITING_SUBJECTS,
} from '../../src/kernel/layout';
import { factorOfValues, finishHash, hashLanes } from './hash';
import { normaliseConfirming, SLOW } from './normalise';
import { entryAt, RECORD, setBit } from './probe';

const CONTROL: u32 = 0x80000000;
const SUBJECT: u32 = 0x0fffffff;

// @ts-ignore: decorator
@inline
export function columnAt(ctx: usize, column: i32): usize {
  return ctx + CTX_ACTIVE + column * ACTIVE_STRIDE;
}

/** The values of a column: the arrays over all gathered rows. */
// @ts-ignore: decorator
@inline
export function valuesAt(ctx: usize, column: i32): usize {
  return ctx + CTX_VALUES + column * VALUES_STRIDE;
}

/** True when an earlier column of the same field has the same value in this row: then this one says nothing new. */
function repeats(ctx: usize, column: i32, row: i32): bool {
  let earlier = load<u32>(columnAt(ctx, column), COL_SAME_FIELD) & load<u32>(ctx + (row << 2), ROW_PRESENT);
  if (earlier == 0) return false;
  const value = load<u64>(valuesAt(ctx, column) + (row << 3), VALUE_FINGERPRINT);
  while (earlier != 0) {
    if (load<u64>(valuesAt(ctx, ctz(earlier)) + (row << 3), VALUE_FINGERPRINT) == value) return true;
    earlier &= earlier - 1;
  }
  return false;
}

/**
 * Normalises and hashes the confirming cells of rows [from, to): of all of them, or only where an identifying value was found.
 * Afterwards ROW_PRESENT has a column's bit exactly when it has a value there. Rows that the fast path cannot normalise become slow.
 */
export function hashConfirming(ctx: usize, from: i32, to: i32, all: bool): void {
  const identifying = load<i32>(ctx, CTX_IDENTIFYING);
  const last = identifying + load<i32>(ctx, CTX_CONFIRMING);
  const lanes = ctx + CTX_CONFIRM_LANES;
  const digest = ctx + CTX_DIGEST;
  for (let column = identifying; column < last; column++) {
    const col = columnAt(ctx, column);
    const values = valuesAt(ctx, column);
    const kind = load<i32>(col, COL_CLASS);
    let filled: i32 = 0;
    let row0: i32 = 0, row1: i32 = 0, row2: i32 = 0, row3: i32 = 0;
    let length0: i32 = 0, length1: i32 = 0, length2: i32 = 0, length3: i32 = 0;
    for (let row: i32 = from; row <= to; row++) {
      if (row < to) {
        const at = ctx + (row << 2);
        if (!all && load<u32>(at, ROW_HITS) == 0) continue;
        if (load<u8>(ctx + row, ROW_SLOW) != 0) continue;
        const present = load<u32>(at, ROW_PRESENT);
        if (((present >> column) & 1) == 0) continue;
        const size = normaliseInto(kind, values + (row << 2), lanes + filled * LANE_BYTES);
        if (size == SLOW) {
          store<u8>(ctx + row, 1, ROW_SLOW);
          continue;
        }
        if (size == 0) {
          store<u32>(at, present & ~(1 << column), ROW_PRESENT);
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
      store<u64>(values + (row0 << 3), load<u32>(digest), VALUE_FINGERPRINT);
      if (filled > 1) store<u64>(values + (row1 << 3), load<u32>(digest, 4), VALUE_FINGERPRINT);
      if (filled > 2) store<u64>(values + (row2 << 3), load<u32>(digest, 8), VALUE_FINGERPRINT);
      if (filled > 3) store<u64>(values + (row3 << 3), load<u32>(digest, 12), VALUE_FINGERPRINT);
      filled = 0;
    }
  }
}

/** Normalises the cell that `value` points to; one that the exact path has prepared is only copied. */
// @ts-ignore: decorator
@inline
function normaliseInto(kind: i32, value: usize, lane: usize): i32 {
  const cell: usize = load<u32>(value, VALUE_FIRST);
  const length = load<u32>(value, VALUE_COUNT);
  if ((length & READY) == 0) return normaliseConfirming(kind, cell, i32(length), lane);
  const size = i32(length & ~READY);
  memory.copy(lane, cell, size);
  memory.fill(lane + size, 0, 64);
  return size;
}

/**
 * Fetches what confirms the first candidates of the rows [from, to) that were found: first all index entries, then all entries, so that the loads do not wait for
 * each other. Up to FOUND_ENTRIES of a row are kept beside it: when they are compared, neither their cache line nor their page is there any more.
 */
export function fetchConfirming(ctx: usize, from: i32, to: i32): void {
  const table: usize = load<u32>(ctx, CTX_TABLE);
  const index: usize = load<u32>(ctx, CTX_CONFIRM_INDEX);
  const entries: usize = load<u32>(ctx, CTX_CONFIRM);
  const subjectFrom = load<u32>(ctx, CTX_SUBJECT_FROM);
  const list = ctx + CTX_FOUND_ROWS;
  let end = list;
  for (let row = from; row < to; row++) {
    store<u32>(end, row);
    end += usize(load<u32>(ctx + (row << 2), ROW_HITS) != 0) << 2;
  }
  for (let at = list; at < end; at += 4) {
    const row = load<u32>(at);
    const values = valuesAt(ctx, ctz(load<u32>(ctx + (row << 2), ROW_HITS))) + (row << 2);
    let owner = load<u32>(values, VALUE_FIRST);
    if ((load<u32>(values, VALUE_COUNT) & MANY) != 0) owner = load<u32>(entryAt(table, owner), RECORD);
    const isControl = (owner & CONTROL) != 0;
    const subject = owner & SUBJECT;
    const place = index + (usize(select<u32>(0, subject - subjectFrom, isControl)) << 2);
    const found = foundAt(ctx, row);
    store<u32>(found, select<u32>(NOT_FOUND, subject, isControl));
    store<u64>(found, load<u64>(place), 4);
  }
  // The cells that are compared were read with the rest of the block, thousands of rows ago.
  const identifying = load<i32>(ctx, CTX_IDENTIFYING);
  const last = identifying + load<i32>(ctx, CTX_CONFIRMING);
  let sink: u32 = 0;
  for (let column = identifying; column < last; column++) {
    const values = valuesAt(ctx, column);
    for (let at = list; at < end; at += 4) sink += load<u8>(usize(load<u32>(values + (load<u32>(at) << 2), VALUE_FIRST)));
  }
  store<u32>(ctx, sink, CTX_SINK);
  for (let at = list; at < end; at += 4) {
    const found = foundAt(ctx, load<u32>(at));
    const from = entries + (usize(load<u32>(found, 4)) << 3);
    v128.store(found, v128.load(from, 0), 16);
    v128.store(found, v128.load(from, 16), 32);
  }
}

/** Entries of a first candidate that are kept. */
const FOUND_ENTRIES: u32 = 4;

/** What is kept of a row's first candidate: subject, first entry, the one after the last (u32 each), from byte 16 on the entries. */
// @ts-ignore: decorator
@inline
function foundAt(ctx: usize, row: i32): usize {
  return ctx + CTX_FOUND + ((row & (STEP - 1)) << 6);
}

// Counters of one call, kept in globals (a thread has its own instance) and added to the context at its end.
let rowsCounted: u64 = 0;
let identifiable: u64 = 0;
let multiple: u64 = 0;
let strong: u64 = 0;
let weak: u64 = 0;
let chimera: u64 = 0;

// @ts-ignore: decorator
@inline
function addTo(ctx: usize, counter: i32, count: u64): void {
  store<u64>(ctx + counter, load<u64>(ctx + counter, CTX_COUNTERS) + count, CTX_COUNTERS);
}

/** Resolves rows [from, to), counts them and marks what they show; slow rows are left out. */
export function resolveRows(ctx: usize, from: i32, to: i32): void {
  const identifying = load<i32>(ctx, CTX_IDENTIFYING);
  const active = identifying + load<i32>(ctx, CTX_CONFIRMING);
  const idColumns: u32 = (1 << identifying) - 1;
  const confirmingColumns: u32 = ((1 << active) - 1) & ~idColumns;
  const stateBase: usize = load<u32>(ctx, CTX_ROW_STATE);
  const isFirst = load<u32>(ctx, CTX_FIRST_PASS) != 0;
  const isLast = load<u32>(ctx, CTX_LAST_PASS) != 0;
  const kindsWanted = load<u32>(ctx, CTX_KINDS_WANTED) != 0;
  const hasRepeats = load<u32>(ctx, CTX_HAS_REPEATS) != 0;
  rowsCounted = 0;
  identifiable = 0;
  multiple = 0;
  strong = 0;
  weak = 0;
  chimera = 0;
  // Rows in a row mostly have the same columns: what is counted per field is counted once per run of equal ones.
  for (let column: i32 = 0; column < identifying; column++) store<u64>(ctx + (column << 3), factorOfValues(column), CTX_FACTORS);
  let runPresent: u32 = 0;
  let runLength: u64 = 0;
  let out = load<u32>(ctx, CTX_OUT_ROWS);
  for (let row: i32 = from; row < to; row++) {
    if (load<u8>(ctx + row, ROW_SLOW) != 0) continue;
    const at = ctx + (row << 2);
    const flags = load<u32>(at, ROW_PRESENT);
    const present = flags & idColumns;
    const ordinal = load<u32>(at, ROW_ORDINAL);
    if (isFirst) {
      let hash = load<u64>(ctx + (row << 3), ROW_HASH);
      for (let columns = present; columns != 0; columns &= columns - 1) {
        const column: i32 = ctz(columns);
        hash += load<u64>(valuesAt(ctx, column) + (row << 3), VALUE_FINGERPRINT) * load<u64>(ctx + (column << 3), CTX_FACTORS);
      }
      store<u64>(ctx + (usize(out) << 3), finishHash(hash), CTX_OUT_HASH);
      out++;
    }

    bestAgreement = 0;
    idMask = 0;
    bestMask = 0;
    bestCurrent = 0;
    allMask = 0;
    allCurrent = 0;
    if (load<u32>(at, ROW_HITS) != 0) matchRow(ctx, row, identifying, active, idColumns, hasRepeats);
    if (stateBase != 0) mergeState(stateBase + usize(ordinal) * ROW_STATE_BYTES, isFirst);
    if (!isLast) continue;

    let valid = i32(popcnt(present));
    if (hasRepeats) {
      for (let columns = present; columns != 0; columns &= columns - 1) if (repeats(ctx, ctz(columns), row)) valid--;
    }
    rowsCounted++;
    identifiable += u64(valid > 0);
    multiple += u64(valid > 1);
    const shown = present | ((flags >> 16) & confirmingColumns);
    if (shown != runPresent) {
      countPresent(ctx, runPresent, runLength);
      runPresent = shown;
      runLength = 0;
    }
    runLength++;
    let kind = KIND_NONE;
    if (bestAgreement != 0) {
      countMatched(ctx, shown);
      if (bestAgreement >= 2) {
        kind = KIND_STRONG;
        strong++;
      } else if (popcnt(idMask) >= 2) {
        kind = KIND_CHIMERA;
        chimera++;
      } else {
        kind = KIND_WEAK;
        weak++;
      }
    }
    if (kindsWanted && ordinal < u32(KINDS_CAPACITY)) store<u8>(ctx + ordinal, kind, CTX_OUT_KINDS);
  }
  markWaiting(ctx);
  store<u32>(ctx, out, CTX_OUT_ROWS);
  countPresent(ctx, runPresent, runLength);
  addTo(ctx, COUNTER_ROWS, rowsCounted);
  addTo(ctx, COUNTER_IDENTIFIABLE, identifiable);
  addTo(ctx, COUNTER_MULTIPLE, multiple);
  addTo(ctx, COUNTER_STRONG, strong);
  addTo(ctx, COUNTER_WEAK, weak);
  addTo(ctx, COUNTER_CHIMERA, chimera);
}

/** Adds `rows` rows whose non-empty columns are `columns` to the counters of their fields. */
function countPresent(ctx: usize, columns: u32, rows: u64): void {
  while (columns != 0) {
    const field = load<i32>(columnAt(ctx, ctz(columns)), COL_FIELD);
    columns &= ~load<u32>(ctx + (field << 2), CTX_FIELD_MASKS);
    addTo(ctx, COUNTER_FIELDS + field * 24, rows);
  }
}

/** Counts the fields of a matched row: matched when the best candidates have it, or else any; current likewise. */
function countMatched(ctx: usize, shown: u32): void {
  let columns = allMask & shown;
  while (columns != 0) {
    const field = load<i32>(columnAt(ctx, ctz(columns)), COL_FIELD);
    const mask = load<u32>(ctx + (field << 2), CTX_FIELD_MASKS);
    columns &= ~mask;
    const counter = COUNTER_FIELDS + field * 24;
    addTo(ctx, counter + 8, 1);
    const current = (bestMask & mask) != 0 ? bestCurrent : allCurrent;
    if ((current & mask) != 0) addTo(ctx, counter + 16, 1);
  }
}

// What matchRow found of one row, as masks of active columns: the best candidates' agreement and columns, all candidates' columns, and those still current.
let bestAgreement: i32 = 0;
let idMask: u32 = 0;
let bestMask: u32 = 0;
let bestCurrent: u32 = 0;
let allMask: u32 = 0;
let allCurrent: u32 = 0;

/** Subjects that wait to be marked: many bits are set at a time, as each misses the cache. */
let waiting: usize = 0;

// @ts-ignore: decorator
@inline
function markSubject(ctx: usize, subject: u32, isStrong: bool): void {
  if (waiting == WAITING_SUBJECTS) markWaiting(ctx);
  store<u32>(ctx + (waiting << 2), (subject << 1) | u32(isStrong), CTX_WAITING);
  waiting++;
}

function markWaiting(ctx: usize): void {
  const touched: usize = load<u32>(ctx, CTX_TOUCHED);
  const strongMarks: usize = load<u32>(ctx, CTX_STRONG);
  for (let at = ctx; at < ctx + (waiting << 2); at += 4) {
    const entry = load<u32>(at, CTX_WAITING);
    setBit(select<usize>(strongMarks, touched, (entry & 1) != 0), entry >> 1);
  }
  waiting = 0;
}

/** Finds the row's candidates, sees how far each agrees, and marks them. */
function matchRow(ctx: usize, row: i32, identifying: i32, active: i32, idColumns: u32, hasRepeats: bool): void {
  const candidates = gather(ctx, row, hasRepeats);
  if (candidates == 0) return;
  if (active != identifying) confirm(ctx, row, identifying, active, candidates, hasRepeats);
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
    // Strong subjects are touched as well: that is added when the threads' marks are joined.
    markSubject(ctx, subject, agreement >= 2);
  }
  idMask = allMask & idColumns;
}

/** Joins what earlier passes, with other subjects, found of the row, and keeps the sum. */
function mergeState(state: usize, isFirst: bool): void {
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
export function lowerRecord(table: usize, first: u32, count: u32, key: u32): u32 {
  let low: u32 = 0;
  let high: u32 = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (load<u32>(entryAt(table, first + middle), RECORD) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Collects the subjects that the row's identifying values point to. */
function gather(ctx: usize, row: i32, hasRepeats: bool): i32 {
  const at = row << 2;
  const table: usize = load<u32>(ctx, CTX_TABLE);
  const currentPeriods = load<u32>(ctx, CTX_CURRENT_PERIODS);
  const seen: usize = load<u32>(ctx, CTX_RECORD_SEEN);
  let candidates: i32 = 0;
  let common: u32 = 0;
  for (let hits = load<u32>(ctx + at, ROW_HITS); hits != 0; hits &= hits - 1) {
    const column: i32 = ctz(hits);
    if (hasRepeats && repeats(ctx, column, row)) continue;
    const values = valuesAt(ctx, column) + at;
    const first = load<u32>(values, VALUE_FIRST);
    const found = load<u32>(values, VALUE_COUNT) & ~MANY;
    if ((load<u32>(values, VALUE_COUNT) & MANY) == 0) {
      // One record: the look-up has read it.
      if ((first & CONTROL) != 0) setBit(load<u32>(ctx, CTX_CONTROL_SEEN), first & SUBJECT);
      else candidates = addCandidate(ctx, candidates, first & SUBJECT, 1 << column, found != 0);
      continue;
    }
    if (found > u32(COMMON_RECORDS)) {
      common |= 1 << column;
      continue;
    }
    for (let i: u32 = 0; i < found; i++) {
      const record = entryAt(table, first + i) + RECORD;
      const owner = load<u32>(record);
      if ((owner & CONTROL) != 0) {
        setBit(load<u32>(ctx, CTX_CONTROL_SEEN), owner & SUBJECT);
        continue;
      }
      setBit(seen, first + i);
      candidates = addCandidate(ctx, candidates, owner & SUBJECT, 1 << column, load<u32>(record, 4) < currentPeriods);
    }
  }
  // Common values point to nobody but agree with candidates that have them.
  while (common != 0 && candidates != 0) {
    const column: i32 = ctz(common);
    common &= common - 1;
    const values = valuesAt(ctx, column) + at;
    const first = load<u32>(values, VALUE_FIRST);
    const found = load<u32>(values, VALUE_COUNT) & ~MANY;
    const tag = load<u32>(columnAt(ctx, column), COL_FIELD) << 28;
    let entry = ctx + CTX_CANDIDATES;
    for (let i: i32 = 0; i < candidates; i++, entry += 16) {
      const key = load<u32>(entry) | tag;
      for (let j = lowerRecord(table, first, found, key); j < found; j++) {
        const record = entryAt(table, first + j) + RECORD;
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
function confirm(ctx: usize, row: i32, identifying: i32, active: i32, candidates: i32, hasRepeats: bool): void {
  const present = load<u32>(ctx + (row << 2), ROW_PRESENT);
  const index: usize = load<u32>(ctx, CTX_CONFIRM_INDEX);
  const entries: usize = load<u32>(ctx, CTX_CONFIRM);
  const subjectFrom = load<u32>(ctx, CTX_SUBJECT_FROM);
  const currentPeriods = load<u32>(ctx, CTX_CURRENT_PERIODS);
  const seen: usize = load<u32>(ctx, CTX_CONFIRM_SEEN);
  const found = foundAt(ctx, row);
  let candidate = ctx + CTX_CANDIDATES;
  for (let i: i32 = 0; i < candidates; i++, candidate += 16) {
    const subject = load<u32>(candidate);
    const isFirst = subject == load<u32>(found);
    const place = isFirst ? found + 4 : index + (usize(subject - subjectFrom) << 2);
    const from = load<u32>(place);
    const end = load<u32>(place, 4);
    const own = isFirst && end - from <= FOUND_ENTRIES ? found + 16 : entries + (usize(from) << 3);
    for (let column = identifying; column < active; column++) {
      const bit: u32 = 1 << column;
      if ((present & bit) == 0 || (hasRepeats && repeats(ctx, column, row))) continue;
      const value = load<u32>(valuesAt(ctx, column) + (row << 3), VALUE_FINGERPRINT);
      for (let j = from, entry = own; j < end; j++, entry += 8) {
        if (load<u32>(entry) != value) continue;
        if (seen != 0) setBit(seen, j);
        store<u32>(candidate, load<u32>(candidate, 4) | bit, 4);
        if (load<u32>(entry, 4) < currentPeriods) store<u32>(candidate, load<u32>(candidate, 8) | bit, 8);
      }
    }
  }
}
