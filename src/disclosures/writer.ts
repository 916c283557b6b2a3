import path from 'node:path';
import { Batch, withoutKnown } from './batch.ts';
import type { DisclosuresManifest, ImportedFile } from './manifest.ts';
import type { DisclosureColumns } from './port.ts';
import { PrincipalTable } from './principals.ts';
import { readSegment, SEGMENT_ROWS, type StoredSegment, segmentName, writeSegment } from './segment-file.ts';
import {
  commitManifest,
  disclosuresFolder,
  guardWrite,
  prepareFolder,
  principalsName,
  readManifest,
  readStored,
  removeLeftovers,
  type StepListener,
  subjectsName,
  writeStored,
} from './store.ts';
import { SubjectNumbers } from './subject-numbers.ts';

/** What a writer works on. The home's lock must be held until `commit` returns. */
export interface WriterInput {
  readonly home: string;
  /** The register key. */
  readonly registerKey: Uint8Array;
  /** From `disclosuresKey`. */
  readonly key: Uint8Array;
  readonly onStep?: StepListener;
  /** For tests: disclosures in a segment. */
  readonly segmentRows?: number;
}

/** What a commit changed. */
export interface WriteSummary {
  /** Disclosures that were not there before. */
  readonly added: number;
  /** Disclosures that were there before, or more than once in what was added. */
  readonly repeated: number;
}

/**
 * Adds disclosures to those of a home. They are a set: the same time, principal, subject, fields and purpose count once, whatever file or order they come in.
 * Nothing counts before `commit`.
 */
export class DisclosureWriter {
  readonly principals: PrincipalTable;
  readonly subjects: SubjectNumbers;
  readonly #input: WriterInput;
  readonly #folder: string;
  readonly #manifest: DisclosuresManifest;
  readonly #segmentRows: number;
  readonly #batch: Batch;
  readonly #purposes: string[];
  readonly #purposeNumbers: Map<string, number>;
  readonly #imported: ImportedFile[] = [];
  #segments: StoredSegment[];
  #nextFile: number;
  #given = 0;

  /** Fails with DISCLOSURES_*, KEY_UNUSABLE and, where there is a register, REGISTER_*. */
  constructor(input: WriterInput) {
    const { home, key } = input;
    this.#input = input;
    this.#folder = disclosuresFolder(home);
    this.#manifest = readManifest(home, key);
    prepareFolder(home, this.#manifest);
    const { principals, subjects, purposes, segments, nextFile } = this.#manifest;
    this.principals =
      principals === null
        ? new PrincipalTable()
        : PrincipalTable.unseal(key, principalsName(principals), readStored(home, principalsName(principals)));
    this.subjects = new SubjectNumbers(
      home,
      input.registerKey,
      subjects === null ? null : { key, name: subjectsName(subjects), bytes: readStored(home, subjectsName(subjects)) },
    );
    this.#purposes = [...purposes];
    this.#purposeNumbers = new Map(purposes.map((text, index) => [text, index]));
    this.#segments = [...segments];
    this.#nextFile = nextFile;
    this.#segmentRows = input.segmentRows ?? SEGMENT_ROWS;
    this.#batch = new Batch(this.#segmentRows);
  }

  /** What there is before the commit. */
  get manifest(): DisclosuresManifest {
    return this.#manifest;
  }

  /** The number of a purpose; null when there are 65,536 others. */
  purposeNumber(text: string): number | null {
    const known = this.#purposeNumbers.get(text);
    if (known !== undefined) return known;
    if (this.#purposes.length > 0xffff) return null;
    this.#purposeNumbers.set(text, this.#purposes.length);
    return this.#purposes.push(text) - 1;
  }

  /** Adds one disclosure, in any order; numbers come from `principals`, `subjects` and `purposeNumber`. Fails with DISCLOSURES_WRITE. */
  add(time: number, principal: number, subject: number, fields: number, purpose: number): void {
    if (this.#given === 0) this.#resumeSmallest();
    this.#given++;
    this.#batch.add(time, principal, subject, fields, purpose);
    if (this.#batch.isFull) this.#flush();
  }

  /** Takes out every disclosure of a subject, with its number from `subjects`: segments that have some are written anew. Gives how many. Before any `add`. Fails with DISCLOSURES_*. */
  removeSubject(subject: number): number {
    let removed = 0;
    this.#segments = this.#segments.flatMap((segment) => {
      const columns = this.#read(segment);
      if (!columns.subject.includes(subject)) return [segment];
      const rest = new Batch(segment.rows);
      for (let row = 0; row < columns.time.length; row++) {
        if (columns.subject[row] === subject) removed++;
        else addRow(rest, columns, row, columns.principal[row]!);
      }
      return rest.rows === 0 ? [] : [this.#write(rest.takeSorted())];
    });
    return removed;
  }

  /**
   * Gives every disclosure of a principal to another one; gives how many it had. They are added anew: what the other one has already, in whatever segment, counts once.
   * Before any `add`. Fails with DISCLOSURES_*.
   */
  replacePrincipal(from: number, to: number): number {
    let moved = 0;
    for (const segment of this.#segments) {
      const columns = this.#read(segment);
      if (!columns.principal.includes(from)) continue;
      const rest = new Batch(segment.rows);
      // Before its rows are compared with those of the segments: they stand in this one no more.
      this.#segments = this.#segments.filter((other) => other !== segment);
      for (let row = 0; row < columns.time.length; row++) {
        if (columns.principal[row] !== from) addRow(rest, columns, row, columns.principal[row]!);
        else {
          moved++;
          addRow(this.#batch, columns, row, to);
          if (this.#batch.isFull) this.#flush();
        }
      }
      if (rest.rows > 0) this.#segments = [...this.#segments, this.#write(rest.takeSorted())];
    }
    // Many erasures do not make many small segments.
    if (this.#batch.rows > 0 && this.#batch.rows <= this.#segmentRows / 2) this.#resumeSmallest();
    return moved;
  }

  /** Takes disclosures out, sorted as by `Batch.takeSorted`; gives how many there were. Before any `add`. Fails with DISCLOSURES_*. */
  removeRows(rows: DisclosureColumns): number {
    const [from, until] = [rows.time[0] ?? 0, rows.time.at(-1) ?? 0];
    let removed = 0;
    this.#segments = this.#segments.flatMap((segment) => {
      if (rows.time.length === 0 || segment.untilSeconds < from || segment.fromSeconds > until) return [segment];
      const rest = withoutKnown(this.#read(segment), rows);
      if (rest.time.length === segment.rows) return [segment];
      removed += segment.rows - rest.time.length;
      return rest.time.length === 0 ? [] : [this.#write(rest)];
    });
    return removed;
  }

  /** Notes that a file was read to its end. */
  addImported(file: ImportedFile): void {
    this.#imported.push(file);
  }

  /** Disclosures that a commit would add. Fails with DISCLOSURES_WRITE. */
  countAdded(): number {
    if (this.#batch.rows > 0) this.#flush();
    const rowsOf = (segments: readonly StoredSegment[]): number => segments.reduce((sum, { rows }) => sum + rows, 0);
    return rowsOf(this.#segments) - rowsOf(this.#manifest.segments);
  }

  /** Makes everything count at once. Fails with DISCLOSURES_WRITE; then everything is as it was. */
  commit(): WriteSummary {
    const { home, key, onStep = () => {} } = this.#input;
    const added = this.countAdded();
    onStep('segments');
    const principals = this.principals.isChanged ? this.#nextFile++ : this.#manifest.principals;
    if (principals !== null && this.principals.isChanged) {
      writeStored(home, principalsName(principals), this.principals.seal(key));
    }
    const subjects = this.subjects.isChanged ? this.#nextFile++ : this.#manifest.subjects;
    if (subjects !== null && this.subjects.isChanged)
      writeStored(home, subjectsName(subjects), this.subjects.seal(key));
    onStep('tables');
    commitManifest(
      home,
      key,
      {
        nextFile: this.#nextFile,
        segments: this.#segments.toSorted((a, b) => a.fromSeconds - b.fromSeconds || a.file - b.file),
        principals,
        principalCount: this.principals.count,
        subjects,
        unknownSubjects: this.subjects.unknownCount,
        purposes: this.#purposes,
        imported: [...this.#manifest.imported, ...this.#imported],
      },
      onStep,
    );
    return { added, repeated: this.#given - added };
  }

  /** Removes what was written without a commit, after a failure; what counts stays, also when the failure came behind the commit. */
  abandon(): void {
    const { home, key } = this.#input;
    try {
      removeLeftovers(home, readManifest(home, key));
    } catch {
      // The first error is the one to report; the next import removes what is left.
    }
  }

  /** The batch begins with what stands in a segment that is less than half full: many small imports do not make many small segments. */
  #resumeSmallest(): void {
    const small = this.#segments.find(({ rows }) => rows < this.#segmentRows / 2);
    if (small === undefined) return;
    const columns = this.#read(small);
    for (let row = 0; row < columns.time.length; row++) addRow(this.#batch, columns, row, columns.principal[row]!);
    this.#segments = this.#segments.filter((segment) => segment !== small);
  }

  #flush(): void {
    let columns = this.#batch.takeSorted();
    for (const segment of this.#segments) {
      const { time } = columns;
      if (time.length === 0) return;
      if (segment.untilSeconds < time[0]! || segment.fromSeconds > time.at(-1)!) continue;
      columns = withoutKnown(columns, this.#read(segment));
    }
    if (columns.time.length === 0) return;
    this.#segments.push(this.#write(columns));
    this.#input.onStep?.('segment');
  }

  #write(columns: DisclosureColumns): StoredSegment {
    const file = this.#nextFile++;
    const target = path.join(this.#folder, segmentName(file));
    return guardWrite(() => writeSegment(target, this.#input.key, file, columns));
  }

  #read(segment: StoredSegment): DisclosureColumns {
    return readSegment(path.join(this.#folder, segmentName(segment.file)), this.#input.key, segment);
  }
}

function addRow(batch: Batch, columns: DisclosureColumns, row: number, principal: number): void {
  batch.add(columns.time[row]!, principal, columns.subject[row]!, columns.fields[row]!, columns.purpose[row]!);
}
