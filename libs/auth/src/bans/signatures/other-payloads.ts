import { FROM_ELSEWHERE } from './pages-of-developers.js';
import { type PayloadSignature, signatures } from './payload-signature.js';

/** A name that leads to the machine itself, or to what is beside it. */
const NEAR =
  '(?:127\\.\\d|0177\\.|10\\.\\d|192\\.168\\.|169\\.254\\.|0x7f|0\\.0\\.0\\.0|localhost\\b|\\[(?:::1?|::ffff:|f[cde][0-9a-f]{2}:|0{1,4}:)|2130706433|017700000001|172\\.(?:1[6-9]|2\\d|3[01])\\.|host\\.docker\\.internal|kubernetes\\.default|ip6-(?:loopback|localhost)|lvh\\.me|localtest\\.me|vcap\\.me|[\\w.-]{1,60}\\.(?:nip|sslip|xip)\\.io|metadata(?:\\.|/))';

/** What is sent to document stores, directories, other machines and whoever reads the head of an answer. */
export const OTHER_PAYLOADS: readonly PayloadSignature[] = [
  ...signatures('certain', {
    'a step past the gate of a mail server':
      /\bautodiscover\.json[^\s]{0,20}@[^\s]{0,80}[/=](?:owa|ecp|ews|mapi|powershell)\b/i,
    'documents that read files':
      /<!(?:doctype|entity)\s[^>]{0,80}(?:\[|system|public)\s|<!--\s{0,3}#\s{0,3}(?:exec|include|echo|printenv|config|fsize|flastmod|set)\b|<xi:include\b/i,
  }),
  ...signatures(
    'likely',
    {
      'a machine inside': new RegExp(
        `[?&=][^&]{0,20}(?:https?|ftps?|wss?|gopher|dict|tcp):/{1,3}(?:[^/@&]{0,40}@)?${NEAR}`,
        'i',
      ),
    },
    FROM_ELSEWHERE,
  ),
  ...signatures('likely', {
    // The cloud's own answers about a machine.
    'what a cloud says of a machine':
      /169\.254\.(?:169|170)\.\d|\bmetadata\.(?:google\.internal|packet\.net|platformequinix|tencentyun|azure|nicos|oraclecloud)|\brancher-metadata\b|100\.100\.100\.200|192\.0\.0\.192|\[?fd00:ec2::254|0xa9fea9fe|\b2852039166\b|\ba9fe:a9fe\b|computemetadata\/v1|\binstance-data\b|\/latest\/(?:meta-data|user-data|dynamic\/instance)/i,
    'operators of document stores':
      /\[\$(?:ne|gte?|lte?|regex|where|n?in|n?or|and|not|exists|eq|elemmatch|type|expr|function|size|all)\]|["']\$(?:ne|gte?|lte?|regex|where|n?in|exists|n?or|expr|func)["']\s{0,3}:|[,{]\s{0,3}\$(?:n?or|where|ne|gt|expr|and)\s{0,3}:|\$where\b|\bthis\.\w{1,30}\s{0,3}(?:={2,3}|\.match|!=)|;\s{0,3}(?:return|while|sleep|var|do|if)\b\s{0,3}[('"\w{!]{0,1}[^a-z]{0,1}\S{0,20}\s{0,2}[=({;]|\bdb\.\w{1,40}\.(?:find\w{0,10}|insert\w{0,5}|update\w{0,5}|delete\w{0,5}|remove|drop|count|aggregate|mapreduce|save)\s{0,2}\(|\|\|\s{0,2}['"]?\d['"]?\s{0,2}={2,3}\s{0,2}['"]?\d/i,
    'another line of a head':
      /[\r\n]\s{0,3}(?:http\/\d|set-cookie|location|content-(?:type|length|disposition)|x-[\w-]{1,30}|host|transfer-encoding|from|to|b?cc|subject|refresh|status|reply-to|mime-version)\s{0,3}:|[\r\n]\s{0,3}(?:get|post|head|put|delete|options)\s{1,3}\/|[\r\n](?:rcpt|mail)\s{1,3}(?:to|from)\s{0,2}:|[\r\n]\s{0,2}<[a-z!/]|[\r\n](?:data|quit|helo|ehlo|stat|list|retr|flushall|config\s{1,3}set|slaveof)\b|%0d%0a/i,
    'another request':
      /(?:^|[=\s])(?:get|post|head|put|delete|options|trace|connect|patch)\s{1,3}(?:https?:\/\/|\/)\S{0,200}\s{1,3}http\/\d/i,
    'filters of a directory':
      /[)*]\s{0,3}\(\s{0,3}[&|!]?\s{0,3}\(?\s{0,3}(?:uid|cn|objectclass|mail|user|userpassword|sn|samaccountname|gidnumber|uidnumber|homedirectory|ou|dc|givenname|memberof)\s{0,3}[=~<>]|\*\)\s{0,2}\(|\)\s{0,2}\(\s{0,2}\||\*\(\|/i,
    'paths of XML':
      /\/\*\[|\bcount\s{0,3}\(\s{0,3}\/|\bstring-length\s{0,3}\(|\bor\s{1,3}name\(\)|['"]\]\s{0,2}\||\bposition\(\)\s{0,2}=|\/(?:child|descendant|parent|ancestor)(?:-or-self)?::/i,
    'the name of a program in a header':
      /^[^/?&=]{0,80}\.\s{0,3}(?:jspx?|jspf|php\d?|phps|phtml|phar|pht|aspx?|ashx|cgi)[. ]{0,4}$/i,
  }),
  ...signatures(
    'hinted',
    {
      'a name of the machine itself': new RegExp(
        `[?&][^&=]{1,40}=(?:/{0,3}|\\w{2,8}://)(?:[^/@&]{0,40}@)?${NEAR}`,
        'i',
      ),
    },
    FROM_ELSEWHERE,
  ),
  ...signatures('hinted', {
    'a filter of a directory':
      /\)\s{0,2}\(\s{0,2}[\w.;-]{0,30}\s{0,3}(?:[~<>]?=|[|&])|\(\s{0,2}\|\s{0,2}\(|\(&\(/i,
    'a line within a value': /[\r\n]/,
    'a session that was given':
      /[?&;](?:phpsessid|jsessionid|aspsessionid\w{0,10}|asp\.net_sessionid|connect\.sid|koa[.:]sess|sails\.sid|cfid|cftoken|cakephp|laravel_session|ci_session|session-?id|sessid|zend_session_namespace|_session_id|playsession|symfony|plone\.session)=/i,
    'a file of sessions': /^(?:\/tmp\/)?sess_[\w,-]{10,}$/i,
    'a file with settings in a header':
      /^[^/?&=]{0,80}(?:config|settings|secrets)\.(?:ya?ml|json|php|ini)\s{0,3}$|^\.\w/i,
    'attributes of a type': /;\s{0,2}boundary\s{0,2}=\s{0,2}"[^"]{0,40}\//i,
  }),
];
