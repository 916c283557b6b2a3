/** Grey values, 0 black to 255 white, row after row. */
export interface Grey {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** A rectangle of pixels: x0 and y0 belong to it, x1 and y1 do not. */
export interface Box {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
}

/** The picture in 1/`factor` of its width and height: each pixel is the mean of factor² pixels. */
export function shrink(grey: Grey, factor: number): Grey {
  if (factor === 1) return grey;
  const width = Math.max(1, Math.floor(grey.width / factor));
  const height = Math.max(1, Math.floor(grey.height / factor));
  const data = new Uint8Array(width * height);
  const sums = new Uint32Array(width);
  const rows = Math.min(factor, grey.height);
  const columns = Math.min(factor, grey.width);
  for (let y = 0; y < height; y++) {
    sums.fill(0);
    for (let row = 0; row < rows; row++) {
      const start = (y * factor + row) * grey.width;
      for (let x = 0, at = start; x < width; x++, at = start + x * factor) {
        for (let i = 0; i < columns; i++) sums[x] = (sums[x] ?? 0) + (grey.data[at + i] ?? 0);
      }
    }
    for (let x = 0; x < width; x++) data[y * width + x] = (sums[x] ?? 0) / (rows * columns);
  }
  return { width, height, data };
}

/** The picture turned as EXIF orientation 2 to 8 says, so that it stands upright. */
export function turn(grey: Grey, orientation: number): Grey {
  if (orientation < 2 || orientation > 8) return grey;
  const { width, height, data } = grey;
  const swaps = orientation >= 5;
  const turned = new Uint8Array(data.length);
  const turnedWidth = swaps ? height : width;
  // The column, or the row, of the stored picture runs backwards in the upright one.
  const backwardsX = [2, 3, 7, 8].includes(orientation);
  const backwardsY = [3, 4, 6, 7].includes(orientation);
  for (let y = 0; y < height; y++) {
    const v = backwardsY ? height - 1 - y : y;
    for (let x = 0; x < width; x++) {
      const u = backwardsX ? width - 1 - x : x;
      turned[swaps ? u * turnedWidth + v : v * turnedWidth + u] = data[y * width + x] ?? 0;
    }
  }
  return { width: turnedWidth, height: swaps ? width : height, data: turned };
}

// The engine was trained on capitals about 30 pixels high, and reads best there (measured: eval/pictures).
const usualHeight = 30;
const margin = 10;

/**
 * One line of text made ready for recognition: black on white whatever it was, its whole range of greys used, its capitals (`capitalHeight` pixels in the picture)
 * about `targetHeight` pixels high, with a white margin.
 */
export function normaliseLine(grey: Grey, box: Box, capitalHeight: number, targetHeight = usualHeight): Grey {
  const crop = contrast(cut(grey, box));
  const scale = Math.min(4, Math.max(0.25, targetHeight / capitalHeight));
  return addMargin(resample(crop, scale));
}

function cut(grey: Grey, box: Box): Grey {
  const width = box.x1 - box.x0;
  const height = box.y1 - box.y0;
  const data = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    const start = (box.y0 + y) * grey.width + box.x0;
    data.set(grey.data.subarray(start, start + width), y * width);
  }
  return { width, height, data };
}

/** Distance from the most frequent grey, stretched: text becomes black and its background white. */
function contrast(grey: Grey): Grey {
  const counts = new Uint32Array(256);
  for (const value of grey.data) counts[value] = (counts[value] ?? 0) + 1;
  const background = mostFrequent(counts);
  const reach = farthest(counts, background, Math.max(1, grey.data.length / 200));
  const data = grey.data.map((value) => 255 - Math.min(255, (Math.abs(value - background) * 255) / reach));
  return { ...grey, data };
}

/** The middle of the five neighbouring greys that are the most frequent together: noise spreads a background over several. */
function mostFrequent(counts: Uint32Array): number {
  let best = 0;
  let bestCount = -1;
  for (let value = 0; value < 256; value++) {
    let sum = 0;
    for (let i = Math.max(0, value - 2); i <= Math.min(255, value + 2); i++) sum += counts[i] ?? 0;
    if (sum > bestCount) {
      best = value;
      bestCount = sum;
    }
  }
  return best;
}

/** The distance from the background that at least `rest` pixels reach. */
function farthest(counts: Uint32Array, background: number, rest: number): number {
  let seen = 0;
  for (let distance = 255; distance > 16; distance--) {
    seen += (counts[background + distance] ?? 0) + (counts[background - distance] ?? 0);
    if (seen >= rest) return distance;
  }
  return 16;
}

/** Catmull-Rom upwards, mean of four bilinear samples downwards; separable. */
function resample(grey: Grey, scale: number): Grey {
  const width = Math.max(1, Math.round(grey.width * scale));
  const height = Math.max(1, Math.round(grey.height * scale));
  const across = resampleRows(grey.data, grey.width, grey.height, width);
  const turned = transpose(across, width, grey.height);
  const down = resampleRows(turned, grey.height, width, height);
  return { width, height, data: transpose(down, height, width) };
}

function resampleRows(data: Uint8Array, width: number, height: number, toWidth: number): Uint8Array {
  const result = new Uint8Array(toWidth * height);
  const step = width / toWidth;
  const reach = Math.max(1, step);
  const taps = Math.ceil(4 * reach) + 1;
  const indices = new Int32Array(toWidth * taps);
  const weights = new Float32Array(toWidth * taps);
  for (let x = 0; x < toWidth; x++) {
    const centre = (x + 0.5) * step - 0.5;
    const first = Math.ceil(centre - 2 * reach);
    let sum = 0;
    for (let i = 0; i < taps; i++) {
      const weight = cubic((first + i - centre) / reach);
      indices[x * taps + i] = Math.min(width - 1, Math.max(0, first + i));
      weights[x * taps + i] = weight;
      sum += weight;
    }
    for (let i = 0; i < taps; i++) weights[x * taps + i] = (weights[x * taps + i] ?? 0) / sum;
  }
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < toWidth; x++) {
      let value = 0;
      for (let i = x * taps; i < (x + 1) * taps; i++) {
        value += (weights[i] ?? 0) * (data[y * width + (indices[i] ?? 0)] ?? 0);
      }
      result[y * toWidth + x] = Math.min(255, Math.max(0, value + 0.5));
    }
  }
  return result;
}

/** Catmull-Rom (Keys 1981, a = −0.5). */
function cubic(x: number): number {
  const t = Math.abs(x);
  if (t >= 2) return 0;
  return t < 1 ? 1 + t * t * (1.5 * t - 2.5) : 2 + t * (-4 + t * (2.5 - 0.5 * t));
}

function transpose(data: Uint8Array, width: number, height: number): Uint8Array {
  const result = new Uint8Array(data.length);
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) result[x * height + y] = data[y * width + x] ?? 0;
  return result;
}

function addMargin(grey: Grey): Grey {
  const width = grey.width + 2 * margin;
  const height = grey.height + 2 * margin;
  const data = new Uint8Array(width * height).fill(255);
  for (let y = 0; y < grey.height; y++) {
    data.set(grey.data.subarray(y * grey.width, (y + 1) * grey.width), (y + margin) * width + margin);
  }
  return { width, height, data };
}
