/** Within a text in quotes, an element or the like: short, so that no pattern takes more than one look at what an attacker sends. */

/** What no honest client sends, in whatever place. */
export const CERTAIN_PAYLOADS: readonly RegExp[] = [
  // Out of the folder, and to what is worth it.
  /[/\\]\.\.[/\\;][^?]{0,60}(?:etc\/|bin\/|windows|win\.ini|boot\.ini|proc\/|cgi-bin|web-inf|passwd|shadow)/i,
  /(?:\.\.[/\\;]{1,2}){4}|[/\\]\.\.;|;[/\\]\.\.[/\\]|[/\\]\.\.%(?:00|2f|5c)/i,
  /\betc\/(?:passwd|shadow|master\.passwd|sudoers)(?![\w-])|\/proc\/(?:self|\d+)\/(?:environ|cmdline|maps|fd)|\b(?:win|boot)\.ini(?!\w)/i,
  /[/;=](?:web|meta)-inf(?:\/|$)/i,
  // Names that log4j, OGNL, expression languages and class loaders look up.
  /\$\{[^{}]{0,20}\$\{|\$\{(?:jndi|j\W|lower:|upper:|::-|env:|sys:|date:|base64:|script:|url:|dns:)/i,
  /class\.module\.classloader|\bjava\.lang\.(?:runtime|processbuilder|class|system)|\bgetruntime\s*\(|\bprocessbuilder\b/i,
  /#_memberaccess|#context\[|@org\.apache\.|opensymphony\.xwork|freemarker\.template\.utility|\bognl\.|javax\.script\.scriptengine/i,
  /\bjava\.(?:net\.url|io\.file|util\.base64)|\bscriptenginemanager\b|\bmethodinvoke\b|javax?\.naming\.|\bxstream\b[^&]{0,40}=|com\.sun\.rowset/i,
  // Interpreters of PHP and the shell.
  /\bphp:\/\/(?:input|filter|memory|temp|fd|stdin)|\bexpect:\/\/\w|\bo:\d{1,4}:"[\w\\]{1,60}":\d/i,
  /\binvokefunction\b|\bcall_user_func(?:_array)?\b|\ballow_url_include\b|\bauto_prepend_file\b|\bcgi\.force_redirect\b/i,
  /\beval\s*\(\s*(?:base64_decode|gzinflate|str_rot13|\$_|stripslashes|chr\s*\()|\b(?:system|passthru|shell_exec|assert|exec|popen)\s*\(\s*(?:\$_|base64_decode)/i,
  /\$_(?:get|post|request|server|cookie|files|session)\s*\[|\bphpinfo\s*\(/i,
  /\(\)\s{0,3}\{[^{}]{0,40}\}\s{0,3};/,
  /\/bin\/(?:ba|da|z|k|c|tc)?sh\b|\bcmd(?:\.exe)?\s{0,3}[/ ]c\s|\bpowershell(?:\.exe)?\s+-|\bnc(?:\.exe|at)?\s+-[a-z]{1,6}\s|\/dev\/tcp\//i,
  /\$\{ifs\}|\$ifs\b/i,
  /\b__import__\s*\(|\bsubprocess\b[^&]{0,20}(?:popen|call|check_output)|\bos\.(?:system|popen)\s*\(|\.__(?:class|mro|subclasses|globals|builtins)__/i,
  /\bchild_process\b|\bprocess\.(?:mainmodule|binding)\b|\bglobal\.process\b|\brequire\s*\(\s*['"](?:child_process|fs|os)\b/i,
  // Functions and tables of databases that only their owners name.
  /\b(?:xp_cmdshell|xp_dirtree|xp_regread|sp_oacreate|sp_executesql|dbms_pipe|dbms_ldap|utl_http|utl_inaddr|ctxsys\.drithsx|load_file\s*\(|into\s+(?:out|dump)file\b)/i,
  /\binformation_schema\b|\bpg_(?:sleep|catalog|read_file)\b|\bsys(?:objects|columns|databases)\b|\bmysql\.(?:user|db)\b|\bsqlite_(?:master|version)\b|\bmsysaccessobjects\b/i,
  /\bbenchmark\s*\(\s*\d{4,}|\bwaitfor\s+(?:delay|time)\s*['"(]|\bextractvalue\s*\(|\bupdatexml\s*\(|\brandomblob\s*\(|\(\s{0,3}select\s{0,3}\(\s{0,3}sleep\b/i,
  /\bunion\s+(?:all\s+|distinct\s+)?select\s*(?:\(|@|null|char|concat|version|user|database|['"`\d*-]|[\w.]{1,30}\s*(?:,|from\b|\())/i,
  // Documents that read files.
  /<!(?:doctype|entity)\s[^>]{0,80}(?:\[|system|public)\s|<!--\s{0,3}#\s{0,3}(?:exec|include|echo|printenv|config)\b/i,
  /\bgopher:\/\/|\bfile:\/\/\/?(?:etc|proc|c:|windows|root)/i,
];

/** What may, rarely, be honest: a text about these things, the filter of an API, a page's own HTML. */
export const LIKELY_PAYLOADS: readonly RegExp[] = [
  /;\s{0,3}(?:cd\s+\/tmp|rm\s+-rf|chmod\s+(?:\+x|\d{3})|busybox\s)/i,
  /[;|&`$(\n\r=]\s{0,3}(?:\/usr)?(?:\/bin\/)?(?:wget|curl|fetch|tftp|ftpget)\s+(?:-[-\w.]{1,20}\s+){0,4}[^&\s]{0,40}(?::\/\/|\d{1,3}(?:\.\d{1,3}){3}|\.\w{2,10}\/)/i,
  // The cloud's own answers about a machine.
  /169\.254\.169\.254|\bmetadata\.google\.internal|100\.100\.100\.200|\[?fd00:ec2::254|0xa9fea9fe|\b2852039166\b|computemetadata\/v1/i,
  /<\?(?:php\b|=|\s)/i,
  /^[^?]{0,2000}[/\\]\.\.(?:[/\\?]|$)|(?:\.\.[/\\]){2}|\.\.\.\/{0,2}\.\.\.|\.{2,4}[/\\]{1,2}(?:windows|winnt|etc|usr|var|boot|home|root|opt|inetpub)\b/i,
  /\/(?:etc|var|usr|proc|opt|root|home)\/(?:hosts|group|issue|motd|crontab|ssh|nginx|apache2?|httpd|mysql|my\.cnf|log|lib|local|www|version|cpuinfo|self|\.ssh)\b|\bc:[/\\]{1,2}(?:windows|winnt|boot|inetpub|users)/i,
  /\bunion\s{1,5}(?:all\s+|distinct\s+)?select\b|\bunion\s*\(\s*select\b/i,
  /['"`)]\s*(?:or|and|xor|\|\||&&|having|like|rlike|div)[\s(+!~-]{0,5}(?:['"`(]|\d|true|false|null|not|exists|select|sleep|ascii|[a-z]{1,20}\s{0,2}[(=<>])/i,
  /(?:^|[=\s'")\d])(?:or|and)\s{1,3}['"(]?(\w{1,20})['"]?\s{0,3}(?:=|<>|like)\s{0,3}['"(]?\1\b/i,
  /\b(?:and|or)\s*\(\s*select\b|\bselect\b.{1,80}\bfrom\b.{1,40}\b(?:where|limit|group|order|having|union)\b|\bselect\s+(?:\*|@@|count\(|concat|char\(|version|user|current_user|database|table_name|password)[^&]{0,60}/i,
  /['";)]\s*(?:drop|alter|truncate|create|insert|update|delete|exec(?:ute)?|declare|shutdown|select|call|merge)\s+(?:table|database|into|from|set|@|user|\w{1,30}\s+set|\*|\w{1,20}\s*[(;])/i,
  /\b(?:sleep|pg_sleep|benchmark|ascii|substr(?:ing)?|char|nchar|concat(?:_ws)?|group_concat|unhex|load_file|elt|ifnull|if|extract|version|database|user|current_user|md5|sha1|make_set|row)\s*\(\s*(?:['"\d(@]|0x|select\b|database\s*\(|user\s*\(|version\s*\(|[a-z_]{1,20}\s*,|\))/i,
  /['"`)\d]\s{0,3}(?:--(?:\s|-|$|[+'"])|#\s{0,3}$|;\s{0,3}--)|\border\s+by\s+\d{1,3}\s{0,3}(?:--|#|$|,)|\bprocedure\s+analyse\b|@@(?:version|hostname|datadir|global)/i,
  /<\s{0,3}\/?\s{0,3}(?:script|iframe|object|embed|applet|meta|base|form|body|html|svg|math|isindex|style|link|frameset|layer|marquee|video|audio|details|input|button|textarea|keygen|img|image|a|x|xss|div|table|bgsound|\?xml)\b[^>]{0,200}(?:\bon[a-z]{3,25}\s{0,3}=|\b(?:java|vb|live)\s{0,3}script\s{0,3}:|\bsrc\s{0,3}=|\bdata\s{0,3}:|expression\s{0,3}\()/i,
  /<\s{0,3}\/?\s{0,3}script\b|["'`\s/]on(?:error|load|click|mouse[a-z]{2,6}|focus|blur|toggle|submit|key[a-z]{2,5}|pointer[a-z]{2,8}|animation[a-z]{3,9}|transition[a-z]{3,6}|begin|start|scroll|wheel|drag|copy|cut|paste|input|change|show|unload|beforescriptexecute|readystatechange)\s{0,3}=|["'`]\s{0,3}(?:on[a-z]{4,40}|formaction|srcdoc)\s{0,3}=/i,
  /\b(?:java|vb|live)\s{0,3}script\s{0,3}:|\bdata:[\w/+-]{0,40}(?:;[\w=-]{1,30}){0,3};?base64,|\bdata:text\/(?:html|xml)|\b(?:alert|confirm|prompt|print)\s{0,3}[(`]|\bdocument\s{0,3}(?:\.\s{0,3}(?:cookie|domain|write|location)|\[)|\bwindow\s{0,3}\[|\bstring\.fromcharcode\b|\bself\s{0,3}\[|\b(?:atob|btoa)\s{0,3}\(|\bnew\s{1,3}function\s{0,3}\(|-moz-binding|\burl\s{0,3}\(\s{0,3}['"]?javascript\b/i,
  /\{\{[^{}]{0,60}(?:constructor|__|process\.|config|request|self|lipsum|cycler|\d\s{0,2}\*\s{0,2}['"]?\d|\||\()|\$\{\{?[^{}]{0,60}(?:\d\s{0,2}[*+-]\s{0,2}\d|\(|\bt\()|#\{[^{}]{0,60}(?:\d\s{0,2}\*|\(|`)|<%[=@!]|[%#*~]\{[^{}]{0,60}[(#*@]|\[\[\$\{|\{%[^%]{0,60}|\{php\}/i,
  /\[\$(?:ne|gt|gte|lt|lte|regex|where|in|nin|or|and|not|exists|eq|elemmatch|type)\]|["']\$(?:ne|gt|gte|lt|lte|regex|where|nin|exists|or)["']\s{0,3}:|\$where\b|\bthis\.\w{1,30}\s{0,3}(?:==|\.match|!=)|;\s{0,3}(?:return|while|sleep)\s{0,3}\(?/i,
  /\b__proto__\b|\bconstructor\s{0,3}[.[]\s{0,3}["']?prototype|\b__define[gs]etter__\b/i,
  /(?:[;|`\n\r]|\$\(|&&)\s{0,3}['"\\]{0,2}(?:\/?(?:usr\/)?(?:s?bin\/)?)(?:cat|ls|id|whoami|uname|pwd|ps|env|printenv|ifconfig|ipconfig|netstat|ping|nslookup|dig|host|sleep|echo|printf|bash|sh|zsh|dash|python\d?|perl|ruby|php|node|nc|ncat|telnet|wget|curl|chmod|chown|touch|mkdir|rm|cp|mv|dir|type|net|tasklist|systeminfo|sed|awk|grep|find|xargs|tee|head|tail|more|less|base64|xxd|od|expr|eval|exec|source|time|timeout|nohup|sudo|su|kill|mail|ssh|ftp|tftp|gcc|make|lsof|df|du|hostname|w|who|last|powershell|cmd|reg|wmic|certutil|bitsadmin|rundll32|mshta)\b(?=[\s;|&`)'"<>/$({\\,]|$)/i,
  /[\r\n]\s{0,3}(?:http\/\d|set-cookie|location|content-(?:type|length|disposition)|x-[\w-]{1,30}|host|transfer-encoding|from|to|b?cc|subject)\s{0,3}:|[\r\n](?:get|post|head|put)\s+\//i,
  /[?&=][^&]{0,20}(?:https?|ftps?):\/\/(?:[^/@&]{0,40}@)?(?:127\.\d|10\.\d|192\.168\.|0x7f|0\.0\.0\.0|localhost\b|\[::1?\]|2130706433|017700000001|172\.(?:1[6-9]|2\d|3[01])\.)/i,
  /[)*]\(\s{0,3}[&|!]?\s{0,3}(?:uid|cn|objectclass|mail|user|userpassword|sn|samaccountname)\s{0,3}[=~<>]|\*\)\(|\)\(\||\/\*\[|\bcount\s{0,3}\(\s{0,3}\/|\bstring-length\s{0,3}\(|\bor\s+name\(\)/i,
  /\/(?:proc|sys)\/(?:interrupts|class|kernel|net|sched|mounts|version|cpuinfo|\d{1,6}\b)|=[^&=]{0,100}\/\.(?:docker|ssh|aws|kube|git|svn|env|npmrc|claude|codex|cursor|config)\b(?:\/|$)/i,
  /^[^/?&=]{0,80}\.(?:jspx?|jspf|php\d?|phtml|phar|aspx?|ashx|cgi)[. ]{0,4}$/i,
  /\bfor\s{1,30}(?:\/[dflr]\s{1,30}){0,2}(?:"[^"]{0,60}"\s{1,5}|[a-z]:\S{0,40}\s{1,5})?%{1,2}\S{1,10}\s{1,5}in\s{0,3}\(/i,
  /\0|%00|%0d%0a/i,
  /\b(?:phpinfo|passthru|shell_exec|proc_open|pcntl_exec|create_function|file_get_contents|fopen|readfile|move_uploaded_file|base64_decode|str_rot13|gzinflate|var_dump|ini_set|preg_replace|array_map|chr|include(?:_once)?|require(?:_once)?|fsockopen|popen|system|exec|assert|eval|print|printf|die)\s{0,3}\(\s{0,3}[^)\s]/i,
  /\bjava\.(?:lang|util|io|net)\.|\bjavax\.|\bsun\.misc|\borg\.(?:apache|springframework|codehaus)\.|\brO0AB|\baced0005|\bH4sIA|\bcom\.(?:sun|alibaba|mchange)\./i,
];

/** What people write, too, and rarely often. */
export const HINTED_PAYLOADS: readonly RegExp[] = [
  /<\s{0,3}\/?\s{0,3}(?:svg|img|iframe|object|embed|video|audio|style|link|meta|form|input|body|html|a)\b/i,
  /(?:^|[=&?/\\:])\.\.[/\\]|^\.{1,2}[/\\]/,
  /['"]\s{0,3}(?:or|and)\b|['"]\s{0,3}(?:;|=|\+|\|\||<>)|['"]\s{0,3}(?:--|#)|\bor\s+\d+\s{0,3}=|\band\s+\d+\s{0,3}[=<>]|\bselect\b.{1,60}\bfrom\b|\bdrop\s+table\b|\binsert\s+into\b|\bdelete\s+from\b/i,
  /[?&=;][^&]{0,10}(?:https?|ftp):\/\/[^&]{1,100}\.(?:txt|php|ini|jpg|gif|exe|sh|py|jsp|asp)\??(?:&|$)|=(?:https?|ftp):\/\/\d{1,3}\.\d/i,
  /\$\(|`[^`]{1,60}`|\$\{|\{\{|#\{|\|\||&&|[;|]\s{0,3}[a-z]{2,10}(?:\s|$)|\$\w{1,20}\$?\{?|\\[a-z]{1,3}\\|['"]{2}\w{1,10}['"]{2}|[?*]{1,3}\/[?*\w]{1,8}\/?[?*]/i,
  /\b(?:cat|nc|bash|wget|curl|ping|chmod|rm|ls)\s+[-/.~$*<>\d]/i,
  /\b(?:phar|zip|zlib|glob|ssh2|data|jar|dict|ldaps?|rmi|tftp|sftp|ogg|rar|netdoc):\/\/|=[^&=]{0,100}\.(?:sql|bak|old|swp|inc)(?:\.(?:zip|gz))?$/i,
  /\bif\s{1,30}(?:\/i\s{1,30})?(?:not\s{1,30})?(?:exist|defined|errorlevel|cmdextversion|%\w{1,30}%|\d+\s{1,30}(?:equ|neq|lss|leq|gtr|geq)\b)/i,
  /\b(?:invoke|get|set|new|start|stop|add|remove|write|out|import|export|convertto)-(?:expression|webrequest|command|object|process|item|content|host|childitem|service|wmiobject)\b/i,
  /\/(?:usr|bin|sbin|etc|var)\/(?:bin\/)?[\w-]{0,20}[[\]?*]|[<>]\(\w|\$\[/i,
  /<[\s/]{0,5}(?:[a-z]\s){2,12}[a-z]|<\s{0,3}[a-z]{1,20}:\s{0,3}[a-z]|<\?\s{0,3}import|<\s{0,3}(?:base|import\w{0,20}|d\s?i\s?a\s?l\s?o\s?g)\b|=\s{0,3}data\s{0,3}:/i,
];
