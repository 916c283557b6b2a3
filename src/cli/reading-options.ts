import type { OptionSpecs } from './command.ts';
import { isMapping } from './values.ts';

/** How a file is to be read where finding out is not enough: for customer tables as well as for dumps. */
export const readingOptions: OptionSpecs = {
  map: {
    value: 'FIELD=COL',
    multiple: true,
    continues: isMapping,
    text: 'this column holds that field; COL is a header, or a number from 1',
  },
  separator: { value: 'TEXT', dashes: true, text: 'what stands between cells (default: found out): , tab ---- ...' },
  encoding: { value: 'NAME', text: 'utf-8, gb18030, big5, shift_jis, ... (default: found out)' },
  header: { text: 'the first row is a header' },
  'no-header': { text: 'there is no header' },
  password: {
    value: 'TEXT',
    dashes: true,
    multiple: true,
    text: 'opens encrypted archives; others see it in the list of processes, so better:',
  },
  'password-file': { value: 'FILE', text: 'passwords for encrypted archives, one a line' },
};
