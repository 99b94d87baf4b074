import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';

/** Asked by Debian's packages before they start a service. */
const POLICY = '/usr/sbin/policy-rc.d';
const WAIT_FOR_OTHERS = ['-o', 'DPkg::Lock::Timeout=300'];

/**
 * Installs Debian's packages, and starts none of their services.
 *
 * @param {readonly string[]} packages
 * @throws where apt-get is missing or fails
 */
export function install(packages) {
  const openAgain = keepServicesFromStarting();
  try {
    // Some list may be out of reach and the packages in another.
    attempt(() => aptGet('update'));
    aptGet('install', '--yes', '--no-install-recommends', ...packages);
  } finally {
    openAgain();
  }
}

/** @param {string[]} args */
function aptGet(...args) {
  execFileSync('apt-get', [...WAIT_FOR_OTHERS, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
}

/** A policy that the machine has already is left as it is. */
function keepServicesFromStarting() {
  const isOurs = attempt(() => writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755, flag: 'wx' }));
  return () => {
    if (isOurs) rmSync(POLICY);
  };
}

/** @param {() => void} work */
function attempt(work) {
  try {
    work();
    return true;
  } catch {
    return false;
  }
}
