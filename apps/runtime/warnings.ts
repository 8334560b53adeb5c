/** Warnings of Node that are known, expected and repeated in every run. Each is dropped by name; all others pass. */

type Emit = (warning: string | Error, ...rest: unknown[]) => void;

/** `about` is a part of the message. */
export function dropWarning(name: string, about = ''): void {
  const emit = process.emitWarning.bind(process) as Emit;
  const filtered: Emit = (warning, ...rest) => {
    if (rest[0] !== name || !String(warning).includes(about)) emit(warning, ...rest);
  };
  process.emitWarning = filtered as typeof process.emitWarning;
}
