import { reasonOf } from './failure.js';
import { type Finding, fail } from './finding.js';

/** The checks of one service, one after another. */
export interface Examination {
  /** Such as `PostgreSQL`. */
  readonly service: string;
  /** Where it is, in a form that may be shown. */
  readonly place: string;
  findings(): AsyncIterable<Finding>;
  /** Lets go of everything at once, also of what is still waited for. */
  close(): void;
}

/** Milliseconds that everything that is asked of one service may take together. */
const PATIENCE_MS = 3_000;

/** Everything that was found. Who doesn't answer in time is reported like any other finding. */
export async function examine(examination: Examination): Promise<Finding[]> {
  const found: Finding[] = [];
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<Finding>((resolve) => {
    timer = setTimeout(() => resolve(silent(examination)), PATIENCE_MS);
  });
  try {
    const silence = await Promise.race([collect(examination, found), tooLate]);
    return silence === undefined ? found : [...found, silence];
  } finally {
    clearTimeout(timer);
    examination.close();
  }
}

async function collect(examination: Examination, found: Finding[]): Promise<undefined> {
  const { service } = examination;
  try {
    for await (const finding of examination.findings()) found.push(finding);
  } catch (error) {
    found.push(
      fail(
        `${service.toLowerCase()}.checked`,
        `${service} could not be checked to the end: ${reasonOf(error)}`,
        'mend that, and check again',
      ),
    );
  }
}

function silent({ service, place }: Examination): Finding {
  return fail(
    `${service.toLowerCase()}.reachable`,
    `${service} at ${place} does not answer within ${PATIENCE_MS / 1000} seconds`,
    'see whether the host and the port are right, whether a firewall drops what is sent, and whether the server hangs',
  );
}
