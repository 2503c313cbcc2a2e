/**
 * Fields that are computed when they are first read.
 *
 * @module
 */

/**
 * Defines such a field. It is the object's own and is listed, as any other: test libraries copy what they
 * compare, and getters of a class do not survive that.
 */
export function lazily<T extends object, K extends keyof T>(
  target: T,
  name: K,
  compute: () => T[K],
): void {
  const get = (): T[K] => {
    const value = compute();
    Object.defineProperty(target, name, { value, enumerable: true });
    return value;
  };
  Object.defineProperty(target, name, { get, enumerable: true, configurable: true });
}
