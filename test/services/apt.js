import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('install-packages.sh', import.meta.url));
/** Asked by Debian's packages before they start a service. */
const POLICY = '/usr/sbin/policy-rc.d';

/**
 * Installs Debian's packages, and starts none of their services.
 *
 * @param {readonly string[]} packages
 * @param {string} policy
 * @throws where apt-get is missing or fails
 */
export function install(packages, policy = POLICY) {
  execFileSync('/bin/sh', [SCRIPT, policy, ...packages], { stdio: ['ignore', 'ignore', 'pipe'] });
}
