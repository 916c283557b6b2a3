import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { gunzipSync } from 'node:zlib';
import type { SeenCharacter } from '../../core/confusable.ts';
import type { Engine, LineText, Model } from './picture-engine.ts';
import type { Grey } from './picture-grey.ts';

/* The part of tesseract.js-core that is used: Tesseract and Leptonica as WebAssembly. Every object of the classes is freed with `destroy`. */

interface CoreModule {
  readonly FS: { writeFile(path: string, data: Uint8Array): void };
  readonly TessBaseAPI: new () => BaseApi;
  readonly ChoiceIterator: new (iterator: ResultIterator) => ChoiceIterator;
  _malloc(sizeBytes: number): number;
  _free(pointer: number): void;
  _pixDestroy(pointerToPointer: number): void;
  _pixReadMem(pointer: number, sizeBytes: number): number;
  destroy(object: object): void;
}

interface BaseApi {
  Init(dataPath: string, language: string, mode: number): number;
  SetVariable(name: string, value: string): void;
  SetImage(pixels: number, width: number, height: number, bytesPerPixel: number, bytesPerLine: number): void;
  SetSourceResolution(dotsPerInch: number): void;
  Recognize(monitor: null): number;
  GetIterator(): ResultIterator;
  Clear(): void;
}

interface ResultIterator {
  Begin(): void;
  Next(level: number): boolean;
  IsAtBeginningOf(level: number): boolean;
  Empty(level: number): boolean;
  GetUTF8Text(level: number): string | null;
  Confidence(level: number): number;
}

interface ChoiceIterator {
  Next(): boolean;
  GetUTF8Text(): string | null;
  Confidence(): number;
}

type CreateCore = (options: {
  print: () => void;
  printErr: () => void;
  TesseractProgress: () => void;
  instantiateWasm: (
    imports: Record<string, Record<string, unknown>>,
    done: (instance: WebAssembly.Instance, module: WebAssembly.Module) => void,
  ) => object;
}) => Promise<CoreModule>;

// Not the build for relaxed SIMD: its sums may differ from processor to processor, and the same picture must give the same rows everywhere.
const coreName = 'tesseract.js-core/tesseract-core-simd-lstm';
const singleLine = '7';
const wordLevel = 3;
const symbolLevel = 4;
const lstmOnly = 1;

/** A running engine, and how much memory it has taken (it never gives any back). */
export interface TesseractEngine extends Engine {
  memoryBytes(): number;
}

/**
 * Starts Tesseract inside this thread: WebAssembly without workers, child processes, network or files but those of the installed packages (the core, the trained
 * data). Takes about 0.4 s.
 */
export async function startTesseract(): Promise<TesseractEngine> {
  const require = createRequire(import.meta.url);
  const createCore: CreateCore = require(`${coreName}.js`);
  const wasm = readFileSync(require.resolve(`${coreName}.wasm`));
  let memory: WebAssembly.Memory | null = null;
  const silent = () => {};
  const core = await createCore({
    // What the engine prints may hold text of the picture.
    print: silent,
    printErr: silent,
    TesseractProgress: silent,
    instantiateWasm: (imports, done) => {
      const module = new WebAssembly.Module(wasm);
      const instance = new WebAssembly.Instance(module, imports);
      memory = Object.values(instance.exports).find((item) => item instanceof WebAssembly.Memory) ?? null;
      done(instance, module);
      return {};
    },
  });
  if (memory === null) throw new Error('the recognition core exports no memory');
  return createEngine(core, memory, (language) => {
    const path = require.resolve(`@tesseract.js-data/${language}/4.0.0_best_int/${language}.traineddata.gz`);
    return gunzipSync(readFileSync(path));
  });
}

function createEngine(
  core: CoreModule,
  memory: WebAssembly.Memory,
  readModel: (language: string) => Uint8Array,
): TesseractEngine {
  const start = (language: string): BaseApi => {
    core.FS.writeFile(`/${language}.traineddata`, readModel(language));
    const api = new core.TessBaseAPI();
    if (api.Init('/', language, lstmOnly) !== 0) throw new Error('the recognition model cannot be loaded');
    api.SetVariable('tessedit_pageseg_mode', singleLine);
    // Keeps what else the network considered at each character (mode 2: over the whole line, not step by step).
    api.SetVariable('lstm_choice_mode', '2');
    return api;
  };
  const apis: Record<Model, BaseApi> = { latin: start('eng'), han: start('chi_sim') };

  const withBytes = <T>(bytes: Uint8Array, use: (pointer: number) => T): T => {
    const pointer = core._malloc(Math.max(4, bytes.length));
    if (pointer === 0) throw new Error('the recognition core has no memory left');
    try {
      new Uint8Array(memory.buffer).set(bytes, pointer);
      return use(pointer);
    } finally {
      core._free(pointer);
    }
  };

  return {
    memoryBytes: () => memory.buffer.byteLength,
    decode: (bytes) =>
      withBytes(bytes, (pointer) => {
        const picture = core._pixReadMem(pointer, bytes.length);
        if (picture === 0) return null;
        const grey = greyOfPicture(memory, picture);
        withBytes(
          Uint8Array.from([0, 8, 16, 24], (shift) => picture >>> shift),
          (holder) => core._pixDestroy(holder),
        );
        return grey;
      }),
    readLine(line, model) {
      const api = apis[model];
      return withBytes(line.data, (pointer) => {
        api.SetImage(pointer, line.width, line.height, 1, line.width);
        api.SetSourceResolution(300);
        const text = api.Recognize(null) === 0 ? readSymbols(core, api) : { symbols: [], wordConfidence: 0 };
        api.Clear();
        return text;
      });
    },
  };
}

function readSymbols(core: CoreModule, api: BaseApi): LineText {
  const symbols: SeenCharacter[] = [];
  let sum = 0;
  let count = 0;
  const iterator = api.GetIterator();
  iterator.Begin();
  do {
    if (iterator.Empty(symbolLevel)) break;
    const text = iterator.GetUTF8Text(symbolLevel) ?? '';
    if (text === '') continue;
    if (symbols.length > 0 && iterator.IsAtBeginningOf(wordLevel)) {
      symbols.push({ text: ' ', confidence: 1, alternatives: [] });
    }
    const alternatives: { text: string; confidence: number }[] = [];
    const choices = new core.ChoiceIterator(iterator);
    do {
      const choice = choices.GetUTF8Text() ?? '';
      const confidence = choices.Confidence() / 100;
      if (choice !== text && choice !== '' && confidence > 0) alternatives.push({ text: choice, confidence });
    } while (choices.Next());
    core.destroy(choices);
    symbols.push({ text, confidence: iterator.Confidence(symbolLevel) / 100, alternatives });
    sum += iterator.Confidence(wordLevel) / 100;
    count++;
  } while (iterator.Next(symbolLevel));
  core.destroy(iterator);
  return { symbols, wordConfidence: count === 0 ? 0 : sum / count };
}

/* Leptonica's Pix (pix.h): width, height, depth, samples, words per line at 0, 4, 8, 12, 16; colour map at 44, pixels at 48. Pixels fill 32-bit words from the top. */
function greyOfPicture(memory: WebAssembly.Memory, picture: number): Grey | null {
  const words = new Uint32Array(memory.buffer);
  const field = (offsetBytes: number) => words[(picture + offsetBytes) >> 2] ?? 0;
  const [width, height, depth, samples, wordsPerLine] = [field(0), field(4), field(8), field(12), field(16)];
  const palette = paletteOf(words, new Uint8Array(memory.buffer), field(44), depth);
  if (palette === null && depth !== 32) return null;
  const data = new Uint8Array(width * height);
  const start = field(48) >> 2;
  for (let y = 0, to = 0; y < height; y++) {
    const line = start + y * wordsPerLine;
    for (let x = 0; x < width; x++, to++) {
      if (palette === null) data[to] = luminance(words[line + x] ?? 0, samples === 4);
      else {
        const bit = x * depth;
        const word = words[line + (bit >> 5)] ?? 0;
        data[to] = palette[(word >>> (32 - depth - (bit & 31))) & (2 ** depth - 1)] ?? 0;
      }
    }
  }
  return { width, height, data };
}

/** The grey of each pixel value of a picture with at most 16 bits a pixel; null for colours. */
function paletteOf(words: Uint32Array, bytes: Uint8Array, map: number, depth: number): Uint8Array | null {
  if (depth > 16) return null;
  const count = 2 ** depth;
  if (map === 0) {
    // One bit without colours: 1 is black.
    return Uint8Array.from({ length: count }, (_, i) => (depth === 1 ? 255 * (1 - i) : (i * 255) / (count - 1)));
  }
  const colours = words[map >> 2] ?? 0;
  return Uint8Array.from({ length: count }, (_, i) => {
    const [blue, green, red] = bytes.subarray(colours + 4 * i, colours + 4 * i + 3);
    return greyOf(red ?? 0, green ?? 0, blue ?? 0);
  });
}

function luminance(word: number, hasAlpha: boolean): number {
  const grey = greyOf(word >>> 24, (word >>> 16) & 0xff, (word >>> 8) & 0xff);
  if (!hasAlpha) return grey;
  const alpha = word & 0xff;
  return (grey * alpha) / 255 + 255 - alpha;
}

/** ITU-R BT.601. */
function greyOf(red: number, green: number, blue: number): number {
  return 0.299 * red + 0.587 * green + 0.114 * blue;
}
