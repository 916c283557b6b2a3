/*
 * Where things stand in the kernel's memory. This file is read by TypeScript and by the AssemblyScript compiler: plain constants only.
 * One context (CTX_*) per thread; every pointer is an address in the shared memory.
 */

// What the kernel does with the rows.
export const MODE_VERIFY = 0;
export const MODE_ADD = 1;

/** Rows that are hashed together: their values lie in slots that fit the innermost cache. */
export const BATCH = 64;
/** Rows that are looked up together: enough that sorting the look-ups saves page walks, few enough that all of it stays in a thread's cache. */
export const ROWS = 12288;
/** Rows whose confirming values are fetched and hashed together: what is fetched stays in the innermost cache. */
export const STEP = 512;

// Context words (byte offsets).
export const CTX_MODE = 0;
export const CTX_SEPARATOR_LENGTH = 4;
export const CTX_SEPARATOR = 8; // 8 bytes
export const CTX_QUOTE = 16;
export const CTX_NEWLINE = 20;
export const CTX_COLUMNS = 24;
export const CTX_IDENTIFYING = 28; // active columns 0 … n-1 are identifying,
export const CTX_CONFIRMING = 32; // the next ones confirming,
export const CTX_TIMES = 36; // the last ones times
export const CTX_REGION = 40;
export const CTX_TABLE = 48;
export const CTX_LINE_COUNT = 52;
export const CTX_PRINTS = 56; // add: ROW_PRINT_BYTES a subject of the register; 0: rows are compared with none
export const CTX_PRINT_COUNT = 60;
export const CTX_CONFIRM_INDEX = 64;
export const CTX_CONFIRM = 68;
export const CTX_CURRENT_PERIODS = 72;
export const CTX_SUBJECT_FROM = 76; // first subject of the image: confirmIndex starts with it
export const CTX_TOUCHED = 80; // bitmaps of this thread
export const CTX_STRONG = 84;
export const CTX_RECORD_SEEN = 88;
export const CTX_CONFIRM_SEEN = 92;
export const CTX_CONTROL_SEEN = 96;
export const CTX_ROW_STATE = 100; // 12 bytes a row of the block when verify works in passes; 0 otherwise
export const CTX_FIRST_PASS = 104;
export const CTX_LAST_PASS = 108;
export const CTX_ID_COLUMN = 112; // add: active column of the id
export const CTX_HISTORY = 116; // add: 1 when nothing is compared with the register
export const CTX_KINDS_WANTED = 120; // verify: 1 when OUT_KINDS is to be filled
export const CTX_FILTER = 44;
export const CTX_HAS_REPEATS = 124; // 1 when two active columns hold the same field
export const CTX_WANTS_PRINTS = 128; // add: 1 when rows are fingerprinted as wholes
export const CTX_NEXT_SUBJECT = 132; // add: the subject that the next row is probably of
export const CTX_CHECKED = 136; // add: rows of the batch at hand that were compared already
export const CTX_SEARCHES = 140; // add: how many subjects may be looked for by their ids
export const CTX_SAMPLE_THRESHOLD = 144; // u32 per identifying field id, 32 bytes: add copies sampled values below it
export const CTX_FIELD_MASKS = 176; // u32 per field id, 64 bytes: which active columns hold the field
// State between calls.
export const CTX_ROWS = 240; // rows gathered since the last flush
export const CTX_SLOW_COUNT = 244;
export const CTX_ROW_COUNTER = 248; // rows of the block so far
export const CTX_OUT_ROWS = 252;
export const CTX_OUT_NOVEL = 256;
export const CTX_OUT_SAMPLES = 260;
export const CTX_OUT_ID_BYTES = 264;
export const CTX_CLOSE_FROM = 268; // cache of the quote search
export const CTX_CLOSE_RUN = 272;
export const CTX_CLOSE_AT = 276;
export const CTX_SINK = 280; // keeps loads that only warm the cache from being optimised away
export const CTX_PREPARED_USED = 284;
export const CTX_OUT_UNCHANGED = 736; // add: rows of the block that were found to be those of the register
export const CTX_ID_CELL = 740; // add: column of the file with the id
export const CTX_ROW_KEY = 768; // 64 bytes: key of the hash of rows
export const CTX_FACTORS = 832; // u64 per active column: what fingerprints in the hash of rows are multiplied with
// Counters, u64 each.
export const CTX_COUNTERS = 288;
export const COUNTER_ROWS = 0;
export const COUNTER_IDENTIFIABLE = 8;
export const COUNTER_MULTIPLE = 16;
export const COUNTER_STRONG = 24;
export const COUNTER_WEAK = 32;
export const COUNTER_CHIMERA = 40;
export const COUNTER_FIELDS = 64; // per field id: rows, matched, current (24 bytes)
export const COUNTERS_BYTES = 448;

export const CTX_COLUMN_MAP = 1024; // u8 per column of the file: active column or 255
export const MAX_COLUMNS = 4096;
export const CTX_PRINT_KEY = 5120; // 8 vectors: the key of whole rows, each word in all four lanes

// Active columns, in reach of one batch.
export const MAX_ACTIVE = 16;
export const CTX_ACTIVE = 8192;
export const ACTIVE_STRIDE = 4608;
export const COL_CLASS = 0;
export const COL_FIELD = 4;
export const COL_SAME_FIELD = 8; // earlier active columns with the same field
export const COL_KEY = 64; // 8 vectors: the field's key, each word in all four lanes
export const COL_SLOTS = 256; // 64 bytes a row of the batch: the normalised value, zero padded
export const COL_LENGTH = 4352; // u32 a row of the batch: bytes of the value, 0 none; READY: the fingerprint is there already
/** On the length of an identifying value: its fingerprint stands there already; of a confirming one: it is normalised already. */
export const READY = 0x80000000;

// Rows gathered: arrays over ROWS.
export const ROW_START = 81920; // u32
export const ROW_END = ROW_START + 4 * ROWS; // u32
export const ROW_ORDINAL = ROW_END + 4 * ROWS; // u32: number of the row in the block
export const ROW_PRESENT = ROW_ORDINAL + 4 * ROWS; // u32: bit = active column with a value; from bit 16 on: confirming cells that are not empty
export const ROW_HITS = ROW_PRESENT + 4 * ROWS; // u32: identifying columns found in the register
export const ROW_SLOW = ROW_HITS + 4 * ROWS; // u8: 1 when the exact path must take the row after all
export const ROW_HASH = ROW_SLOW + ROWS; // u64
export const ROW_PRINT = ROW_HASH + 8 * ROWS; // add: u64, fingerprint of the row as a whole; 0: none
// Per active column: arrays over ROWS.
export const CTX_VALUES = ROW_PRINT + 8 * ROWS;
export const VALUE_FINGERPRINT = 0; // u64
export const VALUE_FIRST = 8 * ROWS; // u32: see VALUE_COUNT; times: seconds; confirming: address of the cell
export const VALUE_COUNT = 12 * ROWS; // u32: MANY and the number of records, VALUE_FIRST the first; or, with verify and one record, 1 when it is current, VALUE_FIRST its owner; confirming: bytes
export const VALUES_STRIDE = 16 * ROWS;

export const MANY = 0x80000000;

// Classes of columns: how the fast path normalises.
export const CLASS_PHONE = 0;
export const CLASS_EMAIL = 1;
export const CLASS_NATIONAL_ID = 2;
export const CLASS_TRACKING = 3;
export const CLASS_USERNAME = 4;
export const CLASS_CUSTOMER_ID = 5;
export const CLASS_LETTERS = 6; // name, address
export const CLASS_EXACT = 7; // password
export const CLASS_HASH = 8; // passwordHash
export const CLASS_CREATED = 9;
export const CLASS_VALID_FROM = 10;
export const CLASS_VALID_UNTIL = 11;

export const REGION_OTHER = 0;
export const REGION_CN = 1;
export const REGION_NANP = 2;

// Scratch.
export const CTX_CANDIDATES = CTX_VALUES + MAX_ACTIVE * VALUES_STRIDE; // 16 bytes each: subject, columns, columns still current, unused
export const MAX_CANDIDATES = 1024;
export const CTX_CONFIRM_LANES = CTX_CANDIDATES + 16 * MAX_CANDIDATES; // 4 lanes of 1,088 bytes, zero padded to the block
export const LANE_BYTES = 1088;
export const CTX_TRANSPOSED = CTX_CONFIRM_LANES + 4 * LANE_BYTES; // 16 vectors
export const CTX_CHAIN = CTX_TRANSPOSED + 256; // 8 vectors
export const CTX_DIGEST = CTX_CHAIN + 128; // 8 vectors
export const CTX_BUCKETS = CTX_DIGEST + 128; // 257 u32: sorting of look-ups
export const CTX_INDEX = CTX_BUCKETS + 1088; // u32: places of separators and newlines in a segment of text
export const SEGMENT = 8192; // bytes of text indexed at a time
export const CTX_LOOKUPS = CTX_INDEX + 4 * (SEGMENT + 128); // 16 bytes each: fingerprint, column << 16 | row
export const CTX_SORTED = CTX_LOOKUPS + 16 * MAX_ACTIVE * ROWS; // the same, sorted
export const CTX_FILTER_WORDS = CTX_SORTED + 16 * MAX_ACTIVE * ROWS; // u32 each: filter words of 512 rows
export const CTX_FOUND = CTX_FILTER_WORDS + 2048; // 64 bytes a row of a step: what may confirm its first candidate
export const CTX_FOUND_ROWS = CTX_FOUND + 64 * STEP; // u32 each: rows of a step that were found
export const CTX_WAITING = CTX_FOUND_ROWS + 4 * STEP + 64; // u32 each: subjects to be marked, bit 0: strong
export const WAITING_SUBJECTS = 1024;
export const CTX_CELLS = CTX_WAITING + 4 * WAITING_SUBJECTS; // prepared row: (pointer, length) per active column, then per column of the file
export const CTX_PREPARED = CTX_CELLS + 8 * (MAX_ACTIVE + MAX_COLUMNS); // bytes of prepared rows
export const PREPARED_BYTES = 1310720; // the longest row, its normalised values and their lengths

// Lists that go out; they are emptied after every flush.
export const CTX_SLOW = CTX_PREPARED + PREPARED_BYTES; // SLOW_BYTES each: start, end, ordinal, 0, ROW_PRINT
export const SLOW_BYTES = 24;
export const SLOW_CAPACITY = 2 * ROWS + 2 * BATCH;
export const CTX_OUT_HASH = CTX_SLOW + SLOW_BYTES * SLOW_CAPACITY; // verify: u64 a row
export const CTX_OUT_KINDS = CTX_OUT_HASH + 8 * ROWS; // verify: u8 a row of the block (by ordinal), when wanted
export const KINDS_CAPACITY = 16384;
export const CTX_OUT_SUBJECT = CTX_OUT_HASH; // add: u32 a row
export const CTX_OUT_ID = CTX_OUT_SUBJECT + 4 * ROWS; // add: u64 a row
export const CTX_OUT_TIMES = CTX_OUT_ID + 8 * ROWS; // add: 3 arrays of u32 a row: created, valid from, valid until
export const CTX_OUT_PRINT = CTX_OUT_TIMES + 12 * ROWS; // add: u64 a row, when wanted
export const CTX_OUT_ID_OFFSET = CTX_OUT_PRINT + 8 * ROWS; // add: u32 a row, and one more
export const CTX_OUT_ID_DATA = CTX_OUT_ID_OFFSET + 4 * ROWS + 64;
export const ID_LIMIT = 256; // no normalised id is longer
export const CTX_OUT_NOVEL_LIST = CTX_OUT_ID_DATA + ID_LIMIT * ROWS; // add: 16 bytes each: row, field, lo, hi
export const CTX_OUT_SAMPLE_LIST = CTX_OUT_NOVEL_LIST + 16 * MAX_ACTIVE * ROWS; // add: 96 bytes each: field, hi, length, 0, up to 64 bytes of the value
export const SAMPLE_CAPACITY = 2 * ROWS;
export const SAMPLE_BYTES = 96;
export const CTX_PLACES = CTX_OUT_SAMPLE_LIST + SAMPLE_BYTES * SAMPLE_CAPACITY; // start and end, u32 each, per column of the file and row of the batch
export const CTX_BYTES = CTX_PLACES + 8 * BATCH * MAX_COLUMNS + 64;

export const KIND_NONE = 0;
export const KIND_WEAK = 1;
export const KIND_STRONG = 2;
export const KIND_CHIMERA = 3;

/** A row longer than this is rejected. */
export const ROW_LIMIT = 1048576;
/** A quoted cell closes within this many bytes of its opening quote, or the quote is an ordinary character. */
export const QUOTE_LIMIT = 65536;
/** Bytes after any input that the kernel may read (and ignores). */
export const PADDING = 128;
/** Mirrors register/layout.ts. */
export const NOT_FOUND = 0xffffffff;
export const COMMON_RECORDS = 64;
export const ROW_STATE_BYTES = 12;
/** Bytes of a row's fingerprint: the lowest of the first eight of the hash. */
export const ROW_PRINT_BYTES = 6;

/** What a built kernel answers when asked for its layout: differs when sizes or places differ that only one side knows of. */
export const LAYOUT_MARK =
  CTX_BYTES +
  3 * CTX_VALUES +
  5 * CTX_CELLS +
  7 * CTX_SLOW +
  11 * CTX_FACTORS +
  13 * CTX_OUT_ROWS +
  17 * CTX_PRINT_KEY +
  19 * CTX_OUT_PRINT +
  ROWS;
