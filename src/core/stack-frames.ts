/**
 * Where an error was thrown: the lines of its stack that name places, nothing of its message, which may quote what it failed on. Empty for what is no error.
 */
export function stackFrames(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  const stack = error.stack ?? '';
  const head = `${error.name}: ${error.message}`;
  const below = stack.startsWith(head)
    ? stack.slice(head.length)
    : stack.slice(stack.lastIndexOf(error.message) + error.message.length);
  return below.split('\n').filter((line) => /^ {4}at .+:\d+:\d+\)?$/.test(line));
}
