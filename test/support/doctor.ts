import { portcullis, portcullisProcess, type Surroundings } from './command.js';

/** What `portcullis doctor` has said. */
export interface Examined {
  readonly code: number;
  /** What was found, by the names of the checks: the state, and what was said. */
  readonly found: Readonly<Record<string, string>>;
  /** All that it has written. */
  readonly text: string;
}

/** Nothing of what this process may have in its environment. */
export const UNSET = {
  DATABASE_URL: '',
  DATA: '',
  REDIS_URL: '',
  KEY_ENCRYPTION_KEY: '',
  ISSUER: '',
  TRUSTED_PROXIES: '',
  NODE_ENV: '',
};

/** Runs it with these variables and no others. */
export async function doctor(
  env: Readonly<Record<string, string>>,
  { args = [], ...surroundings }: Omit<Surroundings, 'path' | 'env'> & { args?: readonly string[] } = {},
): Promise<Examined> {
  // Options of Node, and what starts a process, take a process.
  const isOwn = surroundings.starter !== undefined || env.NODE_OPTIONS !== undefined;
  const { code, lines, remarks } = await (isOwn ? portcullisProcess : portcullis)(
    { path: '/', env: { ...UNSET, ...env }, ...surroundings },
    ...['doctor', '--json', ...args],
  );
  const findings = lines.map((line) => JSON.parse(line));
  return {
    code,
    found: Object.fromEntries(findings.map(({ state, check, what }) => [check, `${state} ${what}`])),
    text: [...lines, remarks].join('\n'),
  };
}

/** The checks that did not end well, with their states. */
export function complaints({ found }: Examined): Record<string, string> {
  const all = Object.entries(found).map(([check, said]) => [check, said.split(' ')[0] as string] as const);
  return Object.fromEntries(all.filter(([, state]) => state !== 'ok'));
}

/** Variables for a process whose clock is ahead. */
export function ahead(seconds: number): Record<string, string> {
  const script = `const{now}=Date;Date.now=()=>now()+${seconds * 1000}`;
  return { NODE_OPTIONS: `--import=data:text/javascript,${script}` };
}
