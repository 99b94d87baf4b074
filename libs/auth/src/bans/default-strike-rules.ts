import type { StrikeRule } from './strike-rules.js';

/** Whoever touches a `@Honeypot()`. It counts also where other rules take the place of the default ones. */
export const HONEYPOT_RULE: StrikeRule = {
  id: 'honeypot',
  match: { event: 'honeypot' },
  score: Number.POSITIVE_INFINITY,
  windowSeconds: 60,
};

/** Files that no Nest app serves and every scanner asks for. An attacker chooses the path, so nothing in them is looked for twice. */
const SCANNER_PATHS = [
  /\/\.(?:env|git|svn|hg|aws|ssh|htaccess|htpasswd|DS_Store|vscode|npmrc)(?:[./]|$)/i,
  /\/(?:wp-(?:login|config|admin|includes|content)|xmlrpc|phpinfo|phpmyadmin|pma|adminer)(?:[./]|$)/i,
  /\/(?:cgi-bin|vendor\/phpunit|boaform|HNAP1|solr\/admin|actuator\/(?:env|heapdump|gateway))(?:\/|$)/i,
  /\.(?:php\d?|aspx?|jsp|cgi|bak|sql|sqlite|pem|key)$/i,
];

/** Tools that look for holes and say so. Libraries that people also use for honest work (curl, python-requests) are not among them. */
const SCANNER_AGENTS =
  /\b(?:sqlmap|nikto|nmap|masscan|zgrab|nuclei|dirbuster|gobuster|feroxbuster|ffuf|wpscan|acunetix|nessus|openvas|arachni|w3af|havij|whatweb|jorgee|joomscan|commix|dirsearch|wfuzz|metasploit)\b/i;

/**
 * What is sent to leave a folder, a quoted text or a template; each by its shape, not by single words that people write too.
 * An attacker chooses the text, so no pattern may take more than one look at it.
 */
const ATTACK_SHAPES = [
  /^[^?]*[/\\]\.\.(?:[/\\?]|$)|\.\.[/\\]\.\.[/\\]/,
  /\/etc\/(?:passwd|shadow)\b|\bwin\.ini\b|\/proc\/self\//i,
  /\bunion\s+(?:all\s+)?select\b/i,
  /['"]\s*(?:or|and)\s+['"\d(][^=&]{0,40}=/i,
  /['";)]\s*(?:drop|alter|truncate)\s+table\b|\b(?:sleep|benchmark|pg_sleep)\s*\(\s*['"\d]|\bwaitfor\s+delay\s*['"]/i,
  /<\s*(?:script|iframe|svg|img)\b/i,
  /\$\{(?:jndi|env|sys|lower|upper):|\{\{[^{}]{0,40}(?:constructor|__class__|process\.|\d\s*\*\s*\d)/i,
  /[;|`]\s*(?:(?:cat|bash|sh|nc|powershell)\s+[-/.~$*<>\d]|(?:wget|curl)\s+\S|whoami\b)|\$\((?:cat|id|wget|curl|whoami)\b/i,
  /\0/,
];

/** The rules that hold where no others are given: each is about what attackers do and honest callers rarely do as often. */
export const DEFAULT_STRIKE_RULES: readonly StrikeRule[] = [
  // One address trying many passwords, or one password on many people. Ten within ten minutes.
  { id: 'credential-stuffing', match: { event: 'login_failed' }, score: 10, windowSeconds: 600 },
  // The password was right. Each user has five free guesses, so this is about guessing at many.
  { id: 'mfa-guessing', match: { event: 'mfa_failed' }, score: 10, windowSeconds: 600 },
  // A device that did not get its new key sends the old one for ever, and guesses nothing.
  {
    id: 'key-guessing',
    match: { event: ['bad_key', 'key_in_url'] },
    score: 10,
    distinct: 'credential',
    windowSeconds: 600,
  },
  // Expired and revoked tokens are other events: honest clients have them.
  {
    id: 'token-forging',
    match: { event: ['invalid_token', 'invalid_dpop_proof'] },
    score: 10,
    distinct: 'credential',
    windowSeconds: 600,
  },
  { id: 'algorithm-attack', match: { event: 'algorithm_attack' }, score: 50, windowSeconds: 3_600 },
  // A browser asks for a favicon and a few icons; a scanner has a list.
  {
    id: 'path-probing',
    match: { status: [404, 405], route: 'unknown' },
    score: 5,
    distinct: 'path',
    windowSeconds: 300,
  },
  // Guessing ids. A page may show a hundred things of which some are gone.
  { id: 'id-probing', match: { status: 404, route: 'known' }, score: 1, distinct: 'path', windowSeconds: 60 },
  {
    id: 'scanner-path',
    match: { status: [404, 405], route: 'unknown', path: SCANNER_PATHS },
    score: 34,
    // Somebody's old bookmark, again and again, is no scanner.
    distinct: 'path',
    windowSeconds: 3_600,
  },
  { id: 'scanner-agent', match: { userAgent: SCANNER_AGENTS }, score: 50, windowSeconds: 3_600 },
  { id: 'attack-shape', match: { url: ATTACK_SHAPES }, score: 34, windowSeconds: 3_600 },
  // Whatever it is that goes on, with nothing to show for it. A page whose token ends asks for many things at once before it notices.
  {
    id: 'refusals',
    match: {
      status: [401, 403],
      unlessEvent: ['expired_token', 'revoked_token', 'use_dpop_nonce', 'insufficient_user_authentication'],
    },
    score: 2,
    windowSeconds: 60,
  },
  // Whoever was told to wait ten times in a window, and goes on. A client that polls each second stays below.
  { id: 'rate-limit', match: { event: 'rate_limit_ignored' }, score: 1, windowSeconds: 60 },
  HONEYPOT_RULE,
];
