import type { LoginTicketRecord } from '@portcullis/auth';
import type { Migration, Row, Value } from '../database.js';
import { fromSqlText, fromSqlTextOrNull, toSqlText, toSqlTextOrNull } from '../text.js';

export const LOGIN_TICKETS_MIGRATION: Migration = (table) => [
  `CREATE TABLE ${table('login_tickets')} (
     id TEXT PRIMARY KEY NOT NULL,
     issuer TEXT NOT NULL,
     subject TEXT NOT NULL,
     client_id TEXT NOT NULL,
     purpose TEXT NOT NULL,
     login TEXT NOT NULL,
     network TEXT,
     created_at BIGINT NOT NULL,
     expires_at BIGINT NOT NULL,
     tries INTEGER NOT NULL,
     used_at BIGINT
   )`,
  `CREATE INDEX ${table('login_tickets_end')} ON ${table('login_tickets')} (expires_at)`,
];

export const LOGIN_TICKET_COLUMNS = [
  'id',
  'issuer',
  'subject',
  'client_id',
  'purpose',
  'login',
  'network',
  'created_at',
  'expires_at',
  'tries',
  'used_at',
] as const;

/** In the order of {@link LOGIN_TICKET_COLUMNS}. */
export function valuesOf(ticket: LoginTicketRecord): Value[] {
  return [
    toSqlText(ticket.id),
    toSqlText(ticket.issuer),
    toSqlText(ticket.subject),
    toSqlText(ticket.clientId),
    ticket.purpose,
    toSqlText(ticket.login),
    toSqlTextOrNull(ticket.network),
    ticket.createdAt,
    ticket.expiresAt,
    ticket.tries,
    ticket.usedAt,
  ];
}

export function ticketOf(row: Row): LoginTicketRecord {
  return {
    id: fromSqlText(row.id as string),
    issuer: fromSqlText(row.issuer as string),
    subject: fromSqlText(row.subject as string),
    clientId: fromSqlText(row.client_id as string),
    purpose: row.purpose as LoginTicketRecord['purpose'],
    login: fromSqlText(row.login as string),
    network: fromSqlTextOrNull(row.network),
    createdAt: Number(row.created_at),
    expiresAt: Number(row.expires_at),
    tries: Number(row.tries),
    usedAt: row.used_at === null || row.used_at === undefined ? null : Number(row.used_at),
  };
}
