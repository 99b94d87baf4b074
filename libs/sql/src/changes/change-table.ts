import type { Migration } from '../database.js';

/** Without gaps, so that whoever follows sees from the numbers alone that something is missing. */
export const CHANGES_MIGRATION: Migration = (table) => [
  `CREATE TABLE ${table('changes')} (
     sequence BIGINT PRIMARY KEY NOT NULL,
     published_at BIGINT NOT NULL,
     change TEXT NOT NULL
   )`,
];
