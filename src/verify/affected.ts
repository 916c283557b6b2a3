import type { FieldName } from '../core/fields/field.ts';
import { fieldByName } from '../core/fields/registry.ts';
import { openIds } from '../register/ids.ts';
import { hasBit } from '../scan/marks.ts';
import type { SubjectFields, SubjectMarks } from './census.ts';

const FLUSH_CHARACTERS = 65_536;

/**
 * Writes who is in a dump as CSV (RFC 4180): `subject_id`, `certainty` (`sure`: two values agree in one row; `possible`: one value does),
 * and per field of the dump `current`, `stale` or nothing. Ids that begin like a formula have an apostrophe before them.
 * Fails with REGISTER_DAMAGED when the sealed ids cannot be read.
 */
export function writeAffected(
  home: string,
  key: Uint8Array,
  marks: SubjectMarks,
  subjectFields: SubjectFields,
  dumpFields: readonly FieldName[],
  write: (text: string) => void,
): void {
  const columns = dumpFields.map((name) => ({ name, id: fieldByName(name).id }));
  let text = `${['subject_id', 'certainty', ...dumpFields].join(',')}\r\n`;
  const ids = openIds(home, key);
  try {
    let subject = 0;
    for (const id of ids) {
      if (hasBit(marks.touched, subject)) {
        const states = columns.map((column) => subjectFields.stateOf(subject, column.id) ?? '');
        const certainty = hasBit(marks.strong, subject) ? 'sure' : 'possible';
        text += `${[quote(id), certainty, ...states].join(',')}\r\n`;
        if (text.length > FLUSH_CHARACTERS) {
          write(text);
          text = '';
        }
      }
      subject++;
    }
    write(text);
  } finally {
    ids.close();
  }
}

/** A spreadsheet takes a cell that begins so for a formula and runs it: an apostrophe before it makes it text (OWASP, "CSV Injection"). */
const formula = /^[=+\-@\t\r]/;

function quote(id: string): string {
  const cell = formula.test(id) ? `'${id}` : id;
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
