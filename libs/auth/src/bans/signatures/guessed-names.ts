/** What folders are called that a list of words for scanners begins with. An app may have one of them as a page, and says so by its answer. */
const FOLDERS = `
  admin administrator adm backup backups bak old new test tests testing tmp temp dev staging stage beta demo db database sql mysql data dump
  private secret hidden conf config configs configuration logs log upload uploads files include includes inc src lib libs bin scripts script
  cgi cache install setup portal panel console webadmin manage intranet internal archive export import ftp mail phpinfo info debug shell
`;

/** The first folder alone, at the beginning of a path. */
export const GUESSED_FOLDERS: RegExp = new RegExp(`^/(?:${FOLDERS.trim().split(/\s+/).join('|')})/?$`, 'i');

/** What a server runs that serves programs as files. */
const RUN = 'php\\d?|phtml|pht|phar|aspx?|ashx|asmx|jspx?|cfm|cgi|war';

/** Such a program, also where something is written after its name so that it passes for another kind. */
export const SCRIPTS: RegExp = new RegExp(`\\.(?:${RUN})(?:[/;:%. ]|$)`, 'i');

/** Names that say nothing: one or two letters, or one of them several times. Pages have numbers, too. */
export const SHORT_SCRIPTS: RegExp = new RegExp(`/(?:[a-z]\\w?|([a-z])\\1{2,5})\\.(?:${RUN})$`, 'i');

/** Ways to ask software for blogs who its users are, one after another. */
export const USER_LISTS: readonly RegExp[] = [
  /^\/?\?author=\d/i,
  /^(?:\/[\w-]{1,30})?\/(?:index\.php|(?:blog|wp|wordpress|cms|site|news)\/)\?(?:[^?]{0,100}&)?author=\d/i,
  /[?&]rest_route=\/{0,2}wp\/v2\/users/i,
  /[?&]q=admin\/views\/ajax\/autocomplete\/user/i,
  /^\/(?:[\w-]{1,30}\/)?~(?:root|admin|bin|daemon|nobody|ftp|www|mail|operator|guest|test|oracle|mysql|postgres|apache)(?:\/|$)/i,
];

/** An address of a file in the place of one of a parameter, or one that makes a parameter of what is written behind it. */
export const INCLUSIONS: RegExp =
  /=(?:ht|f)tps?:\/\/[^&]{1,200}(?:\?{1,2}(?:&|$)|\.(?:txt|dat|gif|jpe?g|png)\?{0,2}(?:&|$))/i;
