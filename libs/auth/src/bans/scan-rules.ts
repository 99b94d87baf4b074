import { API_DOCUMENTS } from './signatures/api-documents.js';
import { FOREIGN_APIS } from './signatures/foreign-apis.js';
import { FOREIGN_LOGINS, LOGIN_QUERIES } from './signatures/foreign-logins.js';
import { FOREIGN_CONSOLES, FOREIGN_FILES } from './signatures/foreign-paths.js';
import {
  GUESSED_FOLDERS,
  INCLUSIONS,
  SCRIPTS,
  SHORT_SCRIPTS,
  USER_LISTS,
} from './signatures/guessed-names.js';
import { HARVESTER_AGENTS } from './signatures/harvester-agents.js';
import { CERTAIN_PAYLOADS, HINTED_PAYLOADS, LIKELY_PAYLOADS } from './signatures/payloads.js';
import { PROJECT_PATHS } from './signatures/project-files.js';
import { SCANNER_AGENTS } from './signatures/scanner-agents.js';
import { TELLTALE_PATHS } from './signatures/telltale-paths.js';
import type { StrikeRule } from './strike-rules.js';

/** What shows a scanner adds up, since each of its requests is of another kind. */
const SCAN = { family: 'scan', windowSeconds: 3_600, lenient: true } as const;

/** The rules about who looks for what is not here: other software, forgotten files, holes. */
export const SCAN_RULES: readonly StrikeRule[] = [
  {
    id: 'telltale-path',
    match: { route: 'unowned', path: TELLTALE_PATHS },
    score: 50,
    ...SCAN,
    distinct: 'target',
    // No program asks for one by itself, so whoever sends the same again means it.
    again: 30,
  },
  {
    id: 'foreign-api',
    match: { route: 'unowned', path: FOREIGN_APIS },
    score: 50,
    ...SCAN,
    distinct: 'target',
  },
  // A deployment that forgot one is looked for by scanners, and rarely by a colleague.
  {
    id: 'project-file',
    match: { route: 'unowned', path: PROJECT_PATHS },
    score: 20,
    ...SCAN,
    distinct: 'path',
  },
  {
    id: 'foreign-console',
    match: { route: 'unowned', path: FOREIGN_CONSOLES },
    score: 16,
    ...SCAN,
    distinct: 'path',
  },
  // Old links are followed, and nobody writes to what was never here, least of all again and again: so passwords are guessed.
  {
    id: 'foreign-console-write',
    match: { route: 'unowned', path: FOREIGN_CONSOLES, method: ['POST', 'PUT', 'PATCH', 'DELETE'] },
    score: 18,
    ...SCAN,
  },
  // Forms that people fill in, and no program by itself.
  {
    id: 'foreign-login',
    match: { route: 'unowned', path: FOREIGN_LOGINS, method: 'POST' },
    score: 18,
    ...SCAN,
  },
  // Whatever a page of such software is called, its query says that it is a login.
  {
    id: 'foreign-login-query',
    match: { route: 'unowned', path: FOREIGN_FILES, url: LOGIN_QUERIES, method: 'POST' },
    score: 18,
    ...SCAN,
  },
  {
    id: 'foreign-file',
    match: { route: 'unowned', path: FOREIGN_FILES },
    score: 4,
    ...SCAN,
    distinct: 'path',
  },
  // Nobody honest has run one for fifteen years.
  { id: 'harvester-agent', match: { userAgent: HARVESTER_AGENTS }, score: 34, ...SCAN, lenient: false },
  { id: 'scanner-agent', match: { userAgent: SCANNER_AGENTS }, score: 50, ...SCAN, lenient: false },
  // What was here once was made with one of them.
  {
    id: 'foreign-technology',
    match: { path: FOREIGN_FILES, route: 'unowned' },
    score: 12,
    ...SCAN,
    distinct: 'extension',
  },
  { id: 'certain-payload', match: { payload: CERTAIN_PAYLOADS, route: 'unowned' }, score: 50, ...SCAN },
  // People search for such things, letter by letter.
  {
    id: 'certain-payload-owned',
    match: { payload: CERTAIN_PAYLOADS, route: 'owned' },
    score: 50,
    ...SCAN,
    distinct: 'payload',
  },
  { id: 'likely-payload', match: { payload: LIKELY_PAYLOADS }, score: 10, ...SCAN, distinct: 'payload' },
  // Texts that look like one kind of attack are about it, or unlucky; few look like two.
  {
    id: 'likelier-payload',
    match: { payload: LIKELY_PAYLOADS, witnesses: 2 },
    score: 10,
    ...SCAN,
    distinct: 'payload',
  },
  // An injection that is meant for software which is not here.
  {
    id: 'foreign-payload',
    match: { payload: LIKELY_PAYLOADS, path: [FOREIGN_FILES, FOREIGN_CONSOLES], route: 'unowned' },
    score: 26,
    ...SCAN,
    distinct: 'payload',
  },
  { id: 'hinted-payload', match: { payload: HINTED_PAYLOADS }, score: 1, ...SCAN, distinct: 'payload' },
  {
    id: 'author-walking',
    match: { url: USER_LISTS, route: 'unowned' },
    score: 20,
    ...SCAN,
    distinct: 'target',
  },
  // A word list begins with them. People try a few, and an app of one page has pages of that name.
  {
    id: 'folder-guessing',
    match: { route: 'unowned', path: GUESSED_FOLDERS, status: [401, 403, 404, 410] },
    score: 6,
    ...SCAN,
    distinct: 'path',
  },
  // A tool that imports a description tries a few places, and a developer knows the place.
  {
    id: 'document-guessing',
    match: { route: 'unowned', path: API_DOCUMENTS, status: [401, 403, 404, 410] },
    score: 9,
    ...SCAN,
    distinct: 'path',
  },
  // What is to be run is at an address that the page is given: old pages were given addresses of pages.
  {
    id: 'foreign-inclusion',
    match: { route: 'unowned', path: FOREIGN_FILES, url: INCLUSIONS },
    score: 20,
    ...SCAN,
    distinct: 'path',
  },
  // Programs of intruders have names of one or two letters; an old site had one such page, or two.
  {
    id: 'short-script',
    match: { route: 'unowned', path: SHORT_SCRIPTS },
    score: 12,
    ...SCAN,
    distinct: 'path',
  },
  // To put a program there, where it would be run.
  {
    id: 'script-upload',
    match: { route: 'unowned', path: SCRIPTS, method: 'PUT' },
    score: 34,
    ...SCAN,
    distinct: 'path',
  },
];
