/*
 * Where things stand in the kernel's memory. This file is read by TypeScript and by the AssemblyScript compiler: plain constants only.
 * One context (CTX_*) per thread; every pointer is an address in the shared memory.
 */

// What the kernel does with the rows.
export const MODE_VERIFY = 0;
export const MODE_ADD = 1;

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
export const CTX_LINES = 48;
export const CTX_LINE_COUNT = 52;
export const CTX_OVERFLOW = 56;
export const CTX_RECORDS = 60;
export const CTX_CONFIRM_INDEX = 64;
export const CTX_CONFIRM = 68;
export const CTX_CURRENT_PERIODS = 72;
export const CTX_SUBJECT_FROM = 76; // first subject of the image: confirmIndex starts with it
export const CTX_TOUCHED = 80; // bitmaps
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
export const CTX_SEED = 128; // 16 bytes: key of the row hash
export const CTX_SAMPLE_THRESHOLD = 144; // u32 per identifying field id, 32 bytes: add copies sampled values below it
export const CTX_FIELD_MASKS = 176; // u32 per field id, 64 bytes: which active columns hold the field
// State between calls.
export const CTX_BATCH_ROWS = 240;
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

// One batch of rows.
export const BATCH = 64;
export const CTX_ROW_START = 5120; // u32 each
export const CTX_ROW_END = 5376;
export const CTX_ROW_ORDINAL = 5632;
export const CTX_ROW_HASH = 5888; // u64 each
export const CTX_ROW_HITS = 6400; // u32 each: active columns found in the register
export const CTX_ROW_FLAGS = 6656; // u32 each

// Active columns.
export const MAX_ACTIVE = 16;
export const CTX_ACTIVE = 8192;
export const ACTIVE_STRIDE = 6144;
export const COL_CLASS = 0;
export const COL_FIELD = 4;
export const COL_SAME_FIELD = 8; // earlier active columns with the same field
export const COL_KEY = 64; // 8 vectors: the field's key, each word in all four lanes
export const COL_SLOTS = 256; // 64 bytes a row: the normalised value, zero padded
export const COL_LENGTH = 4352; // u32 a row: 0 no value; bit 31: the fingerprint is already there / the value is already normalised
export const COL_FINGERPRINT = 4608; // u64 a row
export const COL_POINTER = 5120; // u32 a row: confirming value; times: seconds
export const COL_FIRST = 5376; // u32 a row: first record
export const COL_COUNT = 5632; // u32 a row: records with this fingerprint
export const READY = 0x80000000;

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
export const CTX_CANDIDATES = 106496; // 16 bytes each: subject, columns, columns still current, agreement
export const MAX_CANDIDATES = 1024;
export const CTX_CONFIRM_LANES = 122880; // 4 lanes of 1024 bytes, zero padded to the block
export const CTX_TRANSPOSED = 126976; // 16 vectors
export const CTX_CHAIN = 127232; // 8 vectors
export const CTX_DIGEST = 127360; // 8 vectors
export const CTX_LANE_INFO = 127488;
export const CTX_CELLS = 128000; // prepared row: (pointer, length) per column of the file
export const CTX_PREPARED = 161792; // bytes of prepared rows
export const PREPARED_BYTES = 1310720; // the longest row, its normalised values and their lengths

// Lists that go out.
export const CTX_SLOW = 1472512; // 16 bytes each: start, end, ordinal, 0
export const SLOW_CAPACITY = 8192;
export const OUT_CAPACITY = 16384;
export const CTX_OUT_HASH = 1603584; // verify: u64 a row
export const CTX_OUT_KINDS = 1734656; // verify: u8 a row of the block (by ordinal), when wanted
export const CTX_OUT_SUBJECT = 1603584; // add: u32 a row
export const CTX_OUT_ID = 1669120; // add: u64 a row
export const CTX_OUT_TIMES = 1800192; // add: 3 arrays of u32 a row: created, valid from, valid until
export const CTX_OUT_ID_OFFSET = 1996800; // add: u32 a row, and one more
export const CTX_OUT_ID_DATA = 2062400;
export const ID_DATA_BYTES = 1048576;
export const CTX_OUT_NOVEL_LIST = 3110976; // add: 16 bytes each: row, field, lo, hi
export const NOVEL_CAPACITY = 131072;
export const CTX_OUT_SAMPLE_LIST = 5208128; // add: 96 bytes each: field, hi, length, 0, up to 64 bytes of the value
export const SAMPLE_CAPACITY = 2048;
export const SAMPLE_BYTES = 96;
export const CTX_BYTES = 5439488;

export const KIND_NONE = 0;
export const KIND_WEAK = 1;
export const KIND_STRONG = 2;
export const KIND_CHIMERA = 3;

/** A row longer than this is rejected. */
export const ROW_LIMIT = 1048576;
/** A quoted cell closes within this many bytes of its opening quote, or the quote is an ordinary character. */
export const QUOTE_LIMIT = 65536;
/** Bytes after any input that the kernel may read (and ignores). */
export const PADDING = 64;
/** Mirrors register/layout.ts. */
export const NOT_FOUND = 0xffffffff;
export const COMMON_RECORDS = 64;
export const ROW_STATE_BYTES = 12;
