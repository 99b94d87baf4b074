import type { INestApplication, Type } from '@nestjs/common';
import type { JWK } from 'jose';
import type { Algorithm } from '../credentials/algorithms.js';
import type { KeyTexts } from '../credentials/issuer-keys.js';

export const ADAPTERS = ['express', 'fastify'] as const;
export type Adapter = (typeof ADAPTERS)[number];

/** What a subject is made of. Some are named together with the algorithm of their tokens. */
export type SubjectKind =
  | 'bare'
  | 'node-http'
  | 'plain-guard'
  | 'passport-jwt'
  | 'passport-headerapikey'
  | 'passport-both'
  | 'throttler'
  | 'throttler-full'
  | 'jose'
  | 'fast-jwt'
  | 'auth0'
  | 'better-auth'
  | 'portcullis'
  | 'oauth-server'
  | 'readme';

/** What the measured route demands. */
export type Demand =
  /** Nothing. */
  | 'open'
  /** A user's token. */
  | 'user'
  /** An app's API key. */
  | 'app'
  /** Both, with two scopes each. */
  | 'both';

/** Everything that a server needs to know before it starts. */
export interface ServerPlan {
  readonly kind: SubjectKind;
  readonly adapter: Adapter;
  readonly demand: Demand;
  readonly algorithm: Algorithm;
  readonly publicKeys: KeyTexts;
  readonly jwksUri: string;
  /** The private key of the tokens, for who issues them. */
  readonly signingKey: JWK;
  /** How many bans and how many revocations of others are in force. */
  readonly loaded: number;
  /** Whether the client itself is banned. */
  readonly clientIsBanned: boolean;
  /** How many API keys there are. */
  readonly apiKeys: number;
  /** How many proven API keys may be remembered, by who remembers any. */
  readonly rememberedApiKeys: number;
  /** How many routes the app has; the last one is measured. */
  readonly routes: number;
}

/** A subject, made ready to be measured. */
export interface Subject {
  /** Its root module, with the routes in it. */
  readonly module: Type;
  /** What its documentation wants done to the app before it listens. */
  prepare?(app: INestApplication): void;
  /** Makes the API keys that the client will send. */
  createApiKeys?(app: INestApplication, count: number): Promise<string[]>;
  /** Whether its documentation wants Nest's own body parser left out. */
  readonly bodyParser?: false;
}

/** What each file of a subject exports. */
export type SubjectMaker = (plan: ServerPlan) => Subject | Promise<Subject>;

/** The path of a route, by its number. */
export function pathOf(route: number): string {
  return route === 0 ? '' : `route${route}`;
}

/** What the measured route answers. */
export const BODY = 'in';
