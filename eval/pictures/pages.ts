import { mod11Of2 } from '../../src/core/fields/checks.ts';
import { pickOne } from '../random.ts';

/** A row of the invented table; nobody has these values. */
export interface PictureRow {
  readonly name: string;
  readonly phone: string;
  readonly nationalId: string;
  readonly email: string;
  readonly trackingNumber: string;
}

/** How a page looks: as a spreadsheet, a database client, a terminal, or messages one under another. */
export type Look = 'sheet' | 'client' | 'terminal' | 'messages';

const names =
  '赵晓彤,钱建国,孙丽娜,李文博,周思源,吴佳怡,郑浩然,王梓涵,冯志强,陈雅婷,褚卫东,Ada Abelard,Bela Eklund,Gina Jansky'.split(
    ',',
  );
const users = 'lily,wang88,z0e_li,bl0om,marlin,sunny.day,corn,vvest,iillo,qian1990,burn,modem,S5B8'.split(',');
const hosts = 'example.com,example.org,mail.example.net,example.cn'.split(',');

/** An invented row: numbers of the right form, identity numbers with the right check character. */
export function makeRow(random: () => number): PictureRow {
  const digits = (count: number) => Array.from({ length: count }, () => Math.floor(random() * 10)).join('');
  const two = (from: number, to: number) => String(from + Math.floor(random() * (to - from + 1))).padStart(2, '0');
  const born = `${pickOne(['110101', '310104', '440305', '510107'], random)}19${two(50, 99)}${two(1, 12)}${two(1, 28)}`;
  const idBody = born + digits(3);
  return {
    name: pickOne(names, random),
    phone: `1${pickOne(['38', '59', '77', '86', '91'], random)}${digits(8)}`,
    nationalId: idBody + mod11Of2(idBody),
    email: `${pickOne(users, random)}${digits(3)}@${pickOne(hosts, random)}`,
    trackingNumber: `${pickOne(['SF', 'YT'], random)}${digits(13)}`,
  };
}

const styles: Record<Look, string> = {
  sheet: `table{border-collapse:collapse}td,th{border:1px solid #d0d0d0;padding:3px 6px;white-space:nowrap}
    th{background:#e8eaed;font-weight:500}`,
  client: `td,th{padding:4px 12px;white-space:nowrap;text-align:left}tr:nth-child(even){filter:brightness(1.15)}
    table{border-collapse:collapse}th{border-bottom:2px solid #888}td{border-right:1px solid #7776}`,
  terminal: 'pre{font:14px "DejaVu Sans Mono","Noto Sans Mono CJK SC",monospace;line-height:1.25;margin:8px}',
  messages: `p{margin:8px;padding:8px 12px;border-radius:8px;width:max-content;background:#95ec69;color:#111}
    p:nth-child(odd){background:#fff;color:#111;border:1px solid #ddd}`,
};

/** The page as HTML. */
export function makePage(look: Look, dark: boolean, fontPx: number, rows: readonly PictureRow[]): string {
  const colours = dark ? 'background:#1e1e1e;color:#d4d4d4' : 'background:#fff;color:#222';
  const font = `font:${fontPx}px "Noto Sans CJK SC","Liberation Sans",sans-serif`;
  const darkSheet = dark ? 'th{background:#333!important}td,th{border-color:#555!important}' : '';
  return `<!doctype html><meta charset="utf-8"><style>body{margin:0;${colours};${font}}${styles[look]}${darkSheet}</style>${body(look, rows)}`;
}

function body(look: Look, rows: readonly PictureRow[]): string {
  const cells = rows.map((row) => [row.name, row.phone, row.nationalId, row.email, row.trackingNumber]);
  if (look === 'terminal') {
    const lines = cells.map(
      (line) =>
        `| ${line
          .slice(1)
          .map((cell) => cell.padEnd(26))
          .join(' | ')} |`,
    );
    return `<pre>mysql&gt; select phone, id_no, email, waybill from users limit ${rows.length};\n${lines.join('\n')}\n${rows.length} rows in set (0.02 sec)</pre>`;
  }
  if (look === 'messages') {
    return rows
      .map(
        (row) =>
          `<p>${row.name} ${row.phone}<br>身份证 ${row.nationalId}<br>${row.email}<br>运单号 ${row.trackingNumber}</p>`,
      )
      .join('');
  }
  const header = ['姓名', '手机号', '身份证号', 'E-mail', '运单号'].map((cell) => `<th>${cell}</th>`).join('');
  return `<table><tr>${header}</tr>${cells.map((line) => `<tr>${line.map((cell) => `<td>${cell}</td>`).join('')}</tr>`).join('')}</table>`;
}
