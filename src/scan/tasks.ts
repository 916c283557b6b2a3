/**
 * Work that any thread of a pool can do beside scanning: an exported function of a module, which gets an input and gives an output, both of which can be cloned. Arrays over shared
 * memory are not copied: the threads see the same bytes.
 */
export interface ThreadTask<Input, Output> {
  /** URL of the module. */
  readonly module: string;
  /** Name under which the module exports the function. */
  readonly name: string;
  readonly run: (input: Input) => Output;
}

/** Makes a task of a function that the module at `url` (`import.meta.url`) exports under its own name. */
export function threadTask<Input, Output>(url: string, run: (input: Input) => Output): ThreadTask<Input, Output> {
  return { module: url, name: run.name, run };
}

/** Who runs tasks, one input a thread at the same time. */
export interface TaskRunner {
  readonly threads: number;
  /** Runs a task with each of the inputs, of which there are at most as many as threads; the outputs are in their order. Waits for all of them, also when one fails. */
  run<Input, Output>(task: ThreadTask<Input, Output>, inputs: readonly Input[]): Promise<Output[]>;
}

/** Divides [from, to) into so many parts, of which some may be empty. */
export function divide(from: number, to: number, parts: number): (readonly [from: number, to: number])[] {
  const at = (part: number): number => from + Math.floor(((to - from) * part) / parts);
  return Array.from({ length: parts }, (_, part) => [at(part), at(part + 1)] as const);
}
