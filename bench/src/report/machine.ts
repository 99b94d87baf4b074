import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus, release, totalmem, type } from 'node:os';
import { join } from 'node:path';
import type { Results } from '../results.js';

/** Whose versions are reported. */
const PACKAGES = [
  '@nestjs/core',
  '@nestjs/platform-express',
  '@nestjs/platform-fastify',
  'express',
  'fastify',
  '@nestjs/passport',
  'passport-jwt',
  'passport-headerapikey',
  '@nestjs/throttler',
  'jose',
  'fast-jwt',
  'express-oauth2-jwt-bearer',
  'better-auth',
  '@better-auth/api-key',
  '@thallesp/nestjs-better-auth',
];

export function machine(): Results['machine'] {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGigabytes: Math.round(totalmem() / 2 ** 30),
    os: `${type()} ${release()}`,
  };
}

export function versions(): Results['versions'] {
  return {
    node: process.version,
    ...Object.fromEntries(PACKAGES.map((name) => [name, versionOf(name)])),
  };
}

/** A package need not export its `package.json`, so it is looked for where Node would look for the package. */
function versionOf(name: string): string {
  for (const folder of createRequire(import.meta.url).resolve.paths(name) ?? []) {
    try {
      return JSON.parse(readFileSync(join(folder, name, 'package.json'), 'utf8')).version;
    } catch {
      // Not in this folder.
    }
  }
  return 'unknown';
}
