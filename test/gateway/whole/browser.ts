import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/*
 * A browser without a window, driven by its own protocol (Chrome DevTools Protocol): as much of it as tests need.
 */

/** The browser's program; null: there is none here. */
export function findBrowser(): string | null {
  const places = [
    process.env.BOLTSEAL_BROWSER,
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
  ];
  return places.find((place) => place !== undefined && existsSync(place)) ?? null;
}

type Values = Readonly<Record<string, unknown>>;

/** One page. */
export interface Page {
  /** Sends a command, and gives what it answers. */
  send(method: string, parameters?: Values): Promise<Values>;
  /** Goes there, and is there when its load event came. */
  open(url: string): Promise<void>;
  /** The value of an expression, awaited. */
  evaluate(expression: string): Promise<unknown>;
  /** Waits until an expression is true. Rejects after ten seconds. */
  until(expression: string): Promise<void>;
  /** What the page complained of: exceptions, errors, what its policy forbade. */
  readonly complaints: string[];
  /** Addresses that were asked for. */
  readonly asked: string[];
}

/** Starts it with a profile of its own; `t` ends both. */
export async function openBrowser(t: { after(work: () => Promise<void>): void }, program: string): Promise<Page> {
  const profile = mkdtempSync(join(tmpdir(), 'boltseal-browser-'));
  const browser = spawn(
    program,
    [
      ...['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run'],
      ...['--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-proxy-server'],
      ...[`--user-data-dir=${profile}`, '--remote-debugging-port=0', '--window-size=1200,900', 'about:blank'],
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const ended = new Promise<void>((resolve) => browser.once('exit', () => resolve()));
  t.after(async () => {
    browser.kill('SIGKILL');
    await ended;
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  });
  const { host } = new URL(await addressOf(browser));
  const targets = (await (await fetch(`http://${host}/json/list`)).json()) as {
    type: string;
    webSocketDebuggerUrl: string;
  }[];
  const target = targets.find(({ type }) => type === 'page');
  if (target === undefined) throw new Error('the browser has no page');
  return connectTo(target.webSocketDebuggerUrl);
}

/** Where it listens, which it says on its standard error. */
function addressOf(browser: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    browser.stderr?.on('data', (data: Buffer) => {
      said += data.toString('utf8');
      const [, address] = /DevTools listening on (ws:\S+)/.exec(said) ?? [];
      if (address !== undefined) resolve(address);
    });
    browser.once('exit', () => reject(new Error(`the browser did not start: ${said.slice(0, 500)}`)));
  });
}

async function connectTo(address: string): Promise<Page> {
  const socket = new WebSocket(address);
  await new Promise<void>((resolve, reject) => {
    socket.onopen = () => resolve();
    socket.onerror = () => reject(new Error('the browser does not answer'));
  });
  const waiting = new Map<number, { resolve(value: Values): void; reject(error: Error): void }>();
  const complaints: string[] = [];
  const asked: string[] = [];
  let onLoad: () => void = () => undefined;
  let number = 0;
  socket.onmessage = ({ data }) => {
    const {
      id,
      result,
      error,
      method,
      params = {},
    } = JSON.parse(String(data)) as {
      id?: number;
      result?: Values;
      error?: { message: string };
      method?: string;
      // biome-ignore lint/suspicious/noExplicitAny: whatever the browser says.
      params?: any;
    };
    if (id !== undefined) {
      const one = waiting.get(id);
      waiting.delete(id);
      if (error === undefined) one?.resolve(result ?? {});
      else one?.reject(new Error(error.message));
    } else if (method === 'Page.loadEventFired') onLoad();
    else if (method === 'Network.requestWillBeSent') asked.push(params.request.url);
    else if (method === 'Runtime.exceptionThrown')
      complaints.push(params.exceptionDetails.exception?.description ?? 'exception');
    else if (method === 'Log.entryAdded' && params.entry.level === 'error')
      complaints.push(`${params.entry.text} ${params.entry.url ?? ''}`);
    else if (method === 'Runtime.consoleAPICalled' && params.type === 'error')
      complaints.push(params.args.map((arg: { value?: unknown }) => String(arg.value)).join(' '));
  };
  const send = (method: string, parameters: Values = {}) =>
    new Promise<Values>((resolve, reject) => {
      waiting.set(++number, { resolve, reject });
      socket.send(JSON.stringify({ id: number, method, params: parameters }));
    });
  for (const domain of ['Page', 'Runtime', 'Network', 'Log']) await send(`${domain}.enable`);
  const evaluate = async (expression: string): Promise<unknown> => {
    const parameters = { expression, awaitPromise: true, returnByValue: true, userGesture: true };
    const { result, exceptionDetails } = (await send('Runtime.evaluate', parameters)) as {
      result: { value?: unknown };
      exceptionDetails?: { exception?: { description?: string } };
    };
    if (exceptionDetails !== undefined) throw new Error(exceptionDetails.exception?.description ?? 'exception');
    return result.value;
  };
  return {
    send,
    evaluate,
    complaints,
    asked,
    async open(url) {
      const loaded = new Promise<void>((resolve) => {
        onLoad = resolve;
      });
      // An address that differs by its fragment alone would load nothing.
      await send('Page.navigate', { url: 'about:blank' });
      await loaded;
      const there = new Promise<void>((resolve) => {
        onLoad = resolve;
      });
      await send('Page.navigate', { url });
      await there;
    },
    async until(expression) {
      const endMs = Date.now() + 10_000;
      while ((await evaluate(expression)) !== true) {
        if (Date.now() > endMs) throw new Error(`it did not become true: ${expression}`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
  };
}
