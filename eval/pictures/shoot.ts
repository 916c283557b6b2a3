import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const flags =
  '--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --hide-scrollbars --disable-background-networking --disable-component-update --disable-sync';

/** Takes a picture (PNG) of a page with the system's Chromium, of `width` × `height` CSS pixels at `zoom` device pixels each; null when there is none. */
export function takePicture(html: string, width: number, height: number, zoom: number): Uint8Array | null {
  const folder = mkdtempSync(join(tmpdir(), 'boltseal-pictures-'));
  try {
    writeFileSync(join(folder, 'page.html'), html);
    const size = [`--window-size=${width},${height}`, `--force-device-scale-factor=${zoom}`];
    const output = [`--user-data-dir=${join(folder, 'profile')}`, `--screenshot=${join(folder, 'page.png')}`];
    const args = [...flags.split(' '), ...size, ...output, `file://${join(folder, 'page.html')}`];
    const run = spawnSync('chromium', args, { timeout: 60_000 });
    return run.status === 0 ? readFileSync(join(folder, 'page.png')) : null;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Encodes a PNG anew, as `image/jpeg` or `image/webp` with a quality of 0 to 1, by the canvas of the same Chromium; null when there is none. */
export function encodePicture(png: Uint8Array, type: string, quality: number): Uint8Array | null {
  const folder = mkdtempSync(join(tmpdir(), 'boltseal-pictures-'));
  try {
    const source = `data:image/png;base64,${Buffer.from(png).toString('base64')}`;
    const script = `const i=new Image();i.onload=()=>{const c=document.createElement('canvas');c.width=i.width;c.height=i.height;c.getContext('2d').drawImage(i,0,0);document.body.textContent=c.toDataURL('${type}',${quality})};i.src='${source}'`;
    writeFileSync(join(folder, 'page.html'), `<body><script>${script}</script></body>`);
    const args = [
      ...flags.split(' '),
      '--virtual-time-budget=10000',
      `--user-data-dir=${join(folder, 'profile')}`,
      '--dump-dom',
    ];
    const run = spawnSync('chromium', [...args, `file://${join(folder, 'page.html')}`], {
      timeout: 60_000,
      maxBuffer: 1e8,
    });
    const data = /base64,([\w+/=]+)<\/body>/.exec(run.stdout.toString())?.[1];
    return data === undefined ? null : Buffer.from(data, 'base64');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
