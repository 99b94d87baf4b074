import type { SubjectKind, SubjectMaker } from './subject.js';

/** Every subject. Each is loaded by itself, so that a server has in memory only what it measures. */
export const SUBJECTS: Readonly<Record<SubjectKind, () => Promise<SubjectMaker>>> = {
  bare: async () => (await import('./bare.js')).bare,
  'node-http': async () => (await import('./node-http.js')).nodeHttp,
  'plain-guard': async () => (await import('./plain-guard.js')).plainGuard,
  'passport-jwt': async () => (await import('./passport.js')).passportJwt,
  'passport-headerapikey': async () => (await import('./passport.js')).passportApiKey,
  'passport-both': async () => (await import('./passport.js')).passportBoth,
  throttler: async () => (await import('./throttler.js')).throttler,
  'throttler-full': async () => (await import('./throttler.js')).throttlerFull,
  jose: async () => (await import('./jose-guard.js')).joseGuard,
  'fast-jwt': async () => (await import('./fast-jwt-guard.js')).fastJwtGuard,
  auth0: async () => (await import('./auth0.js')).auth0,
  'better-auth': async () => (await import('./better-auth.js')).betterAuthKeys,
  portcullis: async () => (await import('./portcullis.js')).portcullis,
  'oauth-server': async () => (await import('./oauth-server.js')).oauthServer,
  readme: async () => (await import('./readme.js')).readme,
};

/** What a subject is called in the tables. */
export const SUBJECT_NAMES: Readonly<Record<SubjectKind, string>> = {
  bare: 'bare Nest',
  'node-http': 'node:http alone',
  'plain-guard': 'a guard that proves nothing',
  'passport-jwt': '@nestjs/passport, passport-jwt',
  'passport-headerapikey': '@nestjs/passport, passport-headerapikey',
  'passport-both': '@nestjs/passport, both strategies and scopes',
  throttler: '@nestjs/throttler',
  'throttler-full': '@nestjs/throttler, over its limit',
  jose: 'guard on jose',
  'fast-jwt': 'guard on fast-jwt, with cache',
  auth0: 'express-oauth2-jwt-bearer',
  'better-auth': 'better-auth API keys',
  portcullis: 'Portcullis',
  'oauth-server': 'Portcullis, authorization server',
  readme: 'Portcullis, as the README sets it up',
};
