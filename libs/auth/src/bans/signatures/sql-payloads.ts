import { type PayloadSignature, signatures } from './payload-signature.js';
import { SQL_AFTER_NUMBER, SQL_AFTER_TEXT } from './sql-breakout.js';

/** What a call of a function of a database begins with, behind its name. */
const ARGUMENTS = String.raw`\s{0,3}\(\s{0,3}(?:['"\d(@]|0x|select\b|(?:database|user|version)\s{0,3}\(|[a-z_.]{1,20}\s{0,3}[,)]|\))`;

/** What databases are sent by whoever gets past the text or the number that a value was to be. */
export const SQL_PAYLOADS: readonly PayloadSignature[] = [
  ...signatures('certain', {
    'sql procedures of an owner':
      /\b(?:xp_cmdshell|xp_dirtree|xp_regread|xp_fileexist|sp_oacreate|sp_executesql|sp_password|dbms_(?:pipe|ldap|lock|xmlgen|java)|utl_(?:http|inaddr|file|smtp)|ctxsys\.drithsx|lo_import|load_file\s{0,3}\(|into\s{1,3}(?:out|dump)file\b|copy\s{1,3}\w{1,40}\s{1,3}(?:from|to)\s{1,3}program\b)/i,
    'sql catalogues':
      /\binformation_schema\b|\bpg_(?:sleep|catalog|read_file|ls_dir|shadow|user)\b|\bsys\.?(?:objects|columns|databases|xlogins|logins)\b|\bmysql\.(?:user|db)\b|\bsqlite_(?:master|version|schema)\b|\bmsys(?:accessobjects|objects)\b|\ball_tab_columns\b|\buser_tab_columns\b|\bv\$version\b|\bmaster\.\.(?:sys|xp_|sp_|spt_)|\brdb\$\w/i,
    'sql that takes its time':
      /\bbenchmark\s{0,3}\(\s{0,3}\d{4,}\s{0,3},|\bwaitfor\s{1,3}(?:delay|time)\s{0,3}['"(]|\bextractvalue\s{0,3}\(|\bupdatexml\s{0,3}\(|\brandomblob\s{0,3}\(|\(\s{0,3}select\s{0,3}\(\s{0,3}sleep\b|\bgtid_subset\s{0,3}\(|\bgeometrycollection\s{0,3}\(\s{0,3}\(/i,
    'sql of two halves':
      /\bunion\s{0,3}(?:all\s{0,3}|distinct\s{0,3})?\(?\s{0,3}select\s{0,3}(?:\(|@|null|char|concat|version|user|database|['"`\d*-]|[\w.]{1,30}\s{0,3}(?:,|from\b|\())/i,
  }),
  ...signatures('likely', {
    'sql after a text': SQL_AFTER_TEXT,
    'sql after a number': SQL_AFTER_NUMBER,
    'sql union': /\bunion\s{1,5}(?:all\s{1,3}|distinct\s{1,3})?select\b|\bunion\s{0,3}\(\s{0,3}select\b/i,
    'sql that is always so':
      /(?:^|[=\s'")\d;])(?:or|and|xor|\|\||&&)\s{0,3}[(!~+-]{0,3}(?:(['"]?)(\w{1,20})\1\s{0,3}(?:=|<>|like)\s{0,3}\1?\2\b|(?:\d{1,12}|0x[\da-f]{1,12}|'[^']{0,20}')\s{0,3}(?:[<>=]|!=|like\b)\s{0,3}(?:\d|'|0x))/i,
    'sql asks a table':
      /\b(?:and|or)\s{0,3}\(\s{0,3}select\b|\bselect\b.{1,80}\bfrom\s{1,3}[\w.`"'(]{1,30}\s{1,3}(?:where|limit|group|order|having|union)\s{1,3}[\w('"`]{1,20}\s{0,2}(?:[=<>(,]|by\b|like\b|in\b|$)|\bselect\s{1,3}(?:\*|@@|count\(|concat|char\(|version\(|user\(|current_user|database\()|\bselect\b\s{0,3}\/?\*?\(?\s{0,3}\bsleep\b/i,
    'sql changes a table':
      /['";)]\s{0,3}(?:drop|alter|truncate|create|insert|update|delete|exec(?:ute)?|declare|shutdown|select|call|merge)\s{1,3}(?:table|database|into|from|set|@|user|\w{1,30}\s{1,3}set|\*|\w{1,20}\s{0,3}[(;])/i,
    'sql functions': new RegExp(
      [
        String.raw`\b(?:pg_sleep|benchmark|ascii|substr(?:ing)?|mid|ord|nchar|concat_ws|group_concat|unhex|load_file|elt|ifnull|nullif|isnull|coalesce|extract|make_set|row_count|last_insert_id|found_rows|connection_id|char_length|bit_length|octet_length|find_in_set|field|string_agg|row_to_json|xmltype|hex|rpad|lpad|instr|locate|position|strcmp|sha2|inet_aton|uuid_short|is_srvrolemember|has_dbaccess|db_name|schema_name|object_id|col_length|quote_literal|quote_ident|current_database|chr)${ARGUMENTS}`,
        // Apart: of names without end is known less, and all would be looked for by that.
        String.raw`\b(?:jsonb?_\w{1,30}|dbms_\w{1,30}|sqlite_\w{1,20})${ARGUMENTS}`,
        String.raw`\b(?:sleep|char|concat|if|version|database|user|current_user|md5|sha1|row)\s{0,3}\(\s{0,3}(?:['"\d(@]|0x|select\b|(?:database|user|version)\s{0,3}\(|[a-z_]{1,20}\s{0,3},|\))`,
      ].join('|'),
      'i',
    ),
    'sql that ends a statement':
      /['"`)]\s{0,3}(?:--(?:\s|-|$|[+'"])|#\s{0,3}$|;\s{0,3}--)|\d\s{0,3}(?:--(?:\s|-|$)|;\s{0,3}--)|\border\s{1,3}by\s{1,3}\d{1,3}\s{0,3}(?:--|#|$|,)|\bprocedure\s{1,3}analyse\b|@@(?:version|hostname|datadir|global|servername|language)/i,
  }),
  ...signatures('hinted', {
    'sql words':
      /\bselect\b.{1,60}\b(?:from|group\s{1,3}by|having)\b|\b(?:drop|truncate|alter)\s{1,3}(?:table|database)\b|\binsert\s{1,3}into\b|\bdelete\s{1,3}from\b|\bupdate\s{1,3}\w{1,30}\s{1,3}set\b|\bcreate\s{1,3}(?:or\s{1,3}replace\s{1,3})?(?:table|function|procedure|user)\b|\bexec(?:ute)?\s{1,3}(?:immediate|xp_|sp_|master)|\bhaving\s{1,3}\w{1,20}\s{0,3}[=<>(]|\bgroup\s{1,3}by\s.{1,40}\bhaving\b|\bunion\b.{1,20}\bselect\b/i,
    'sql after a quote':
      /['"`]\s{0,3}(?:or|and|xor|like|in|is|between|rlike|div|having|limit|union|order\s{1,3}by)\b|['"]\s{0,3}(?:;|=|\+|\|\||<>|!=|[<>]\s{0,2}\d)|['"`]\s{0,3}(?:--|#)/i,
    'sql conditions':
      /\b(?:or|and|xor)\s{1,3}(?:not\s{1,3})?[-+!~(]{0,3}(?:\d[\d.e]{0,20}|0x[\da-f]{1,12}|true|false|null)\b\s{0,3}(?:[=<>);-]|is\b|in\b|$)|\bor\s{1,3}(?:\{|\w{1,20}\s{0,2}\()|\b(?:and|or)\s{1,3}\w{1,20}\s{1,3}(?:is\s{1,3}(?:not\s{1,3})?null|in\s{0,3}\(|between\s{1,3}\d|r?like\s{1,3}['"%])/i,
    'sql of json':
      /['"]\s{0,3}::\s{0,3}(?:jsonb?|text|int|varchar|regclass)\b|(?:<@|@>|#>>?|#-|->>)\s{0,3}['"]/i,
    'sql numbers that overflow': /\b\d{1,4}\.\d{8,}e-?\d{3}\b|\b0x[\da-f]{16,}\b/i,
  }),
];
