/**
 * Errors of the operating system, told from those of programs.
 *
 * @module
 */

/** True for what a failed system call throws. */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "code" in error && "syscall" in error;
}

/** Calls a function; `undefined` when a system call in it fails. */
export function unlessDenied<T>(call: () => T): T | undefined {
  try {
    return call();
  } catch (error) {
    if (isSystemError(error)) return undefined;
    throw error;
  }
}
