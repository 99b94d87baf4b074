import { PortcullisError } from '../errors.js';

/**
 * Does what comes after somebody was proven. Where it is refused all the same, the refusal is theirs: the audit log has a share for it that
 * nobody else can use up.
 *
 * @param caller who was proven, and by what. Whoever shows only a part of what proves somebody has another name than who shows it all, and so
 * uses up nothing of theirs
 */
export function attributed<Result>(
  caller: readonly string[],
  work: () => Result | Promise<Result>,
): Result | Promise<Result> {
  const attribute = (error: unknown): never => {
    if (error instanceof PortcullisError) error.attributeTo(JSON.stringify(caller));
    throw error;
  };
  try {
    const result = work();
    return result instanceof Promise ? result.catch(attribute) : result;
  } catch (error) {
    return attribute(error);
  }
}
