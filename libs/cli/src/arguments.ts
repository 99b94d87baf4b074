import { type ParseArgsConfig, parseArgs } from 'node:util';
import { HelpRequest, UsageError } from './verb.js';

const HELP = { help: { type: 'boolean', short: 'h' } } as const;

type Options = NonNullable<ParseArgsConfig['options']>;
type Arguments<Known extends Options> = ReturnType<
  typeof parseArgs<{ allowPositionals: true; options: Known & typeof HELP }>
>;

/**
 * The options and the other arguments of a command.
 *
 * @throws {UsageError} when there is an option that is not known
 * @throws {HelpRequest} when help is asked for
 */
export function argumentsOf<const Known extends Options>(
  args: readonly string[],
  options: Known,
): Arguments<Known> {
  const parsed = parse({ args: [...args], allowPositionals: true, options: { ...options, ...HELP } });
  if (parsed.values.help) throw new HelpRequest();
  return parsed as Arguments<Known>;
}

/** @throws {UsageError} when there is anything */
export function noneOf(positionals: readonly string[]): void {
  const [first] = positionals;
  if (first === undefined) return;
  // It may hold a password.
  throw new UsageError(`${first.includes('://') ? 'A URL' : first} is one argument too many.`);
}

/** @throws {UsageError} when there is no reason */
export function reasonOf(text: string | undefined): string {
  if (!text?.trim()) throw new UsageError('Say why: --reason <text>.');
  return text;
}

function parse(config: ParseArgsConfig) {
  try {
    return parseArgs(config);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}
