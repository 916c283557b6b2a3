/** One line of an access log, with nginx's names of what stands in it. */
export interface AccessLine {
  readonly remote_addr: string;
  readonly remote_user: string;
  readonly time_local: string;
  readonly request: string;
  readonly status: string;
  /** Quoted values behind the size: referer, agent, and what the company's format adds. */
  readonly quoted: readonly string[];
}

/**
 * Reads a line in the common or combined format of Apache (mod_log_config) and nginx (ngx_http_log_module): host, identity, user, [time], "request", status,
 * size, then any number of values in quotes or without. Null when it is something else. Linear time.
 */
export function parseAccessLine(line: string): AccessLine | null {
  const open = line.indexOf(' [');
  if (open < 0) return null;
  const close = line.indexOf('] "', open);
  if (close < 0 || close - open > 64) return null;
  // A user's name may hold blanks: it is what lies between the second blank and the time.
  const first = line.indexOf(' ');
  const second = line.indexOf(' ', first + 1);
  if (first < 1 || second < 0 || second > open) return null;
  const request = readQuoted(line, close + 2);
  if (request === null) return null;
  const status = /^ (\d{3}) (?:\d+|-)/.exec(line.slice(request.end, request.end + 32));
  if (status === null) return null;
  const quoted: string[] = [];
  for (let at = line.indexOf('"', request.end); at >= 0 && quoted.length < 32; ) {
    const next = readQuoted(line, at);
    if (next === null) break;
    quoted.push(next.text);
    at = line.indexOf('"', next.end);
  }
  return {
    remote_addr: line.slice(0, first),
    remote_user: second === open ? '' : line.slice(second + 1, open),
    time_local: line.slice(open + 2, close),
    request: request.text,
    status: status[1] ?? '',
    quoted,
  };
}

/** The value of a key: nginx's variable, `extra1`, `extra2` … for quoted values behind the agent. Undefined when the line has none. */
export function accessValue(line: AccessLine, key: string): string | undefined {
  switch (key) {
    case 'remote_addr':
    case 'remote_user':
    case 'time_local':
    case 'request':
    case 'status':
      return line[key];
    case 'http_referer':
      return line.quoted[0];
    case 'http_user_agent':
      return line.quoted[1];
    default: {
      const number = /^extra([1-9]\d?)$/.exec(key)?.[1];
      return number === undefined ? undefined : line.quoted[Number(number) + 1];
    }
  }
}

/** The text between quotes, of which the first stands at `at`; a backslash takes the next character with it. */
function readQuoted(line: string, at: number): { readonly text: string; readonly end: number } | null {
  let hasEscapes = false;
  for (let i = at + 1; i < line.length; i++) {
    const unit = line.charCodeAt(i);
    if (unit === 0x22) {
      const raw = line.slice(at + 1, i);
      return { text: hasEscapes ? raw.replace(/\\(["\\])/g, '$1') : raw, end: i + 1 };
    }
    if (unit === 0x5c) {
      hasEscapes = true;
      i++;
    }
  }
  return null;
}
