import { type PayloadSignature, signatures } from './payload-signature.js';

/** Functions that make PHP run, read or say what was not meant for anybody. */
const PHP_FUNCTIONS =
  'phpinfo|phpversion|php_uname|passthru|shell_exec|proc_open|pcntl_\\w{1,20}|create_function|file_(?:get|put)_contents|fopen|fwrite|fputs|readfile|move_uploaded_file|base64_(?:de|en)code|str_rot13|gzinflate|gzuncompress|gzdecode|bzdecompress|var_dump|var_export|print_r|ini_(?:set|get|alter|restore)|preg_replace\\w{0,20}|array_(?:map|filter|walk\\w{0,12}|diff_\\w{1,10}|reduce)|call_user_\\w{1,20}|include(?:_once)?|require(?:_once)?|fsockopen|pfsockopen|popen|system|exec|assert(?:_options)?|eval|print|printf|die|unserialize|highlight_file|show_source|get_defined_\\w{1,12}|getenv|putenv|posix_\\w{1,20}|scandir|glob|opendir|unlink|rmdir|copy|rename|tempnam|curl_\\w{1,20}|stream_\\w{1,30}|register_shutdown_function|ob_start|is_(?:array|callable|file|dir|string)|func_get_args?|extract|parse_str|dl|mail|unpack|hex2bin|convert_uudecode|zlib_decode|readgzfile|session_start|spl_autoload_\\w{1,20}|usort|uasort|uksort|iterator_apply|reflectionfunction|simplexml_\\w{1,20}|mysqli?_\\w{1,20}|pg_\\w{1,20}|sqlite_\\w{1,20}|ftp_\\w{1,20}|audiofile';

/** By itself, so that its bracket is looked for as well: its letters alone are in `Chrome`. */
const CHR = 'chr\\s{0,3}\\(';

/** Settings of PHP that open it. */
const PHP_SETTINGS =
  'allow_url_(?:include|fopen)|auto_(?:prepend|append)_file|open_basedir|disable_functions|safe_mode\\w{0,20}|extension_dir|include_path|memory_limit|error_log|log_errors|display_errors|magic_quotes\\w{0,10}|register_globals|session\\.\\w{1,30}|upload_tmp_dir|suhosin\\.\\w{1,30}|cgi\\.\\w{1,30}|zend\\.\\w{1,30}|opcache\\.\\w{1,30}|mail\\.\\w{1,30}|short_open_tag|max_execution_time|default_charset';

/** What makes a server run a program of PHP, Java, Python, Ruby or Node, or fill in a template. */
export const CODE_PAYLOADS: readonly PayloadSignature[] = [
  ...signatures('certain', {
    // Names that log4j, OGNL, expression languages and class loaders look up.
    'look-ups of Java':
      /\$\{[^{}]{0,20}\$\{|\$\{(?:jndi|j\W|lower:|upper:|::-|env:|sys:|date:|base64:|script:|url:|dns:|java:|main:|ctx:|k8s:|docker:|web:|file:|const:|xml:|resourcebundle:)/i,
    'classes of Java':
      /\bclass\.(?:module\.)?classloader|\bjava\.lang\.(?:runtime|processbuilder|class|system)|\bgetruntime\s{0,3}\(|\bprocessbuilder\b|\bgetclass\s{0,3}\(\s{0,3}\)\s{0,3}\.|\bforname\s{0,3}\(\s{0,3}['"]|\bscriptenginemanager\b|\bmethodinvoke\b|javax?\.naming\.|\bxstream\b[^&]{0,40}=|com\.sun\.(?:rowset|org)|\bt\s{0,2}\(\s{0,2}java\./i,
    'expressions of Java':
      /#_memberaccess|#context\[|@org\.apache\.|@java\.lang|opensymphony\.xwork|freemarker\.template\.utility|\bognl\.|javax\.script\.|#application\[|#request\[|%\{\s{0,3}[(#]|#a\s{0,2}=\s{0,2}\(|\bjava\.(?:net\.url|io\.(?:file|bufferedreader|inputstream)|util\.(?:base64|scanner)|nio\.file)/i,
    'calls of PHP':
      /\binvokefunction\b|\ballow_url_include\b|\bauto_prepend_file\b|\bcgi\.force_redirect\b|\beval\s{0,3}\(\s{0,3}(?:base64_decode|gzinflate|str_rot13|\$_|stripslashes|chr\s{0,3}\()|\b(?:system|passthru|shell_exec|assert|exec|popen)\s{0,3}\(\s{0,3}(?:\$_|base64_decode)/i,
    'variables of PHP':
      /\$_(?:get|post|request|server|cookie|files|session|env)\s{0,3}\[|\bphpinfo\s{0,3}\(|\$globals\s{0,3}\[|\bo:\d{1,4}:"[\w\\]{1,60}":\d/i,
    'modules of Python':
      /\b__import__\s{0,3}\(|\bsubprocess\b[^&]{0,20}(?:popen|call|check_output|run)|\bos\.(?:system|popen)\s{0,3}\(|\.__(?:class|mro|bases?|subclasses|globals|builtins|init)__|__(?:globals|builtins|subclasses)__/i,
    'modules of Node':
      /\bchild_process\b|\bprocess\.(?:mainmodule|binding)\b|\bglobal\.process\b|\brequire\s{0,3}\(\s{0,3}['"`](?:child_process|fs|os|net|vm|http)\b|_\$\$nd_func\$\$_/i,
    'a part of a page of Drupal that is run':
      /\[['"]?#(?:(?:pre|post)_render|lazy_builder|access_callback|value_callback|element_validate|markup|type|submit|after_build)\b|\belement_parents=[^&]{0,80}#value/i,
    'a page that passes for another': /[?&]jsp=[^&]{0,100};\.jsp\b/i,
    'a step past a gate': /(?:^|[:,\s])(?:src\/|pages\/)?_?middleware:(?:src\/|pages\/)?_?middleware/i,
  }),
  ...signatures('likely', {
    'an opening of PHP':
      /<\?(?:php\b|=|\s|$)|<\?[a-wyz]{2}|\[\/?php\]|<%[=@!]?\s{0,3}(?:out\.|system|request|response|runtime|eval|exec|\d|`)|<script[^>]{0,30}language\s{0,3}=\s{0,3}["']?php/i,
    'a function of PHP': new RegExp(
      `\\bcall_user_func\\w{0,6}\\b|\\b(?:${PHP_FUNCTIONS})\\s{0,3}\\(\\s{0,3}[^)\\s]|\\b${CHR}\\s{0,3}[^)\\s]`,
      'i',
    ),
    'a function by its name in brackets':
      /[([]\s{0,3}['"]?(?:system|exec|passthru|shell_exec|assert|eval|popen|phpinfo|print_r|var_dump|file_get_contents|readfile)['"]?\s{0,3}[)\]]{1,3}\s{0,3}(?:\[\s{0,3}\d\s{0,3}\]\s{0,3})?\(|["'](?:system|exec|passthru|assert|eval|phpinfo)["']\s{0,3}\(/i,
    'packages of Java':
      /\bjava\.(?:lang|util|io|net|nio|sql|security|beans)\b|\bjavax\.\w|\bsun\.(?:misc|reflect)|\borg\.(?:apache|springframework|codehaus|hibernate|mozilla|jboss)\.|\bro0ab|\baced0005|\bh4sia|\bcom\.(?:sun|alibaba|mchange|caucho)\./i,
    'a template':
      /\{\{[^{}]{0,60}(?:constructor|__|process\.|config|request|self|lipsum|cycler|joiner|namespace|settings|url_for|get_flashed|\d\s{0,2}[*+-]\s{0,2}['"]?\d|\||\()|\$\{\{?[^{}]{0,60}(?:\d\s{0,2}[*+-]\s{0,2}\d|\(|\bt\()|#\{[^{}]{0,60}(?:\d\s{0,2}[*+-]|\(|`)|<%[=@!]|[%#*~@]\{[^{}]{0,60}[(#*@]|\[\[\$\{|\{%[^%]{0,60}%|\{php\}|\{\{=|<#(?:assign|list|if)\b|\$class\.|#set\s{0,2}\(|@\(\s{0,2}\d/i,
    'names that all objects have':
      /\b__proto__\b|\bconstructor\s{0,3}(?:[.[\]]\s{0,3}){1,3}["']?(?:prototype|constructor)|\b__define[gs]etter__\b|\bthis\.constructor\b|\b__lookup[gs]etter__\b/i,
    'code of Node':
      /\bprocess\s{0,2}[[(]|\bprocess\.(?:spawn|exit|kill|argv|cwd|version)|\brequire\s{0,2}\[|\bmodule\.exports\b|\bglobal\s{0,2}\[|\breflect\.(?:apply|get|construct)\b|\bconstructor\s{0,2}\(\s{0,2}['"`]/i,
    'a loop without an end':
      /\b(?:while|for)\s{0,3}\(\s{0,3}(?:[-+!]{0,3}(?:true|false|\d+|infinity|\[\]|\{\}|''|""|``|string|new\s{1,3}\w|nan)|;;)/i,
    'code of Ruby':
      /\b(?:kernel|io|open3|process|file|dir)\.(?:spawn|popen\d?|open|read|system|exec|capture\d\w?|eval)\b|%x[{([]|\bsend\s{0,2}\(\s{0,2}:\w|\bconstantize\b|--- !ruby\//i,
    'code of Windows':
      /\bserver\.(?:scripttimeout|mappath|createobject|execute)\b|\bcreateobject\s{0,2}\(|\bwscript\.shell\b|\bresponse\.(?:write|end|binarywrite)\b|\bexecute\s{0,2}\(?\s{0,2}["']{1,2}|\bsystem\.(?:io|diagnostics|reflection|net)\.\w/i,
  }),
  ...signatures('hinted', {
    'what templates begin with': /\{\{|#\{|\$\s{0,10}\{|\{%|<%|\[\[/,
    'a call of PHP': new RegExp(
      `(?:${PHP_FUNCTIONS})\\s{0,3}\\(|${CHR}|\\b(?:array|ctype|exif|iconv|image|imap|ldap|mb|ob|openssl|session|str|utf8|xml|zlib|gz|bz)_?\\w{1,20}\\s{0,3}\\(\\s{0,3}['"$)]|@\\w{2,20}\\s{0,2}\\(\\s{0,2}\\$|\\$_\\w|\\$\\{?['"]?_`,
      'i',
    ),
    'settings of PHP': new RegExp(`\\b(?:${PHP_SETTINGS})\\s{0,3}=`, 'i'),
    'code of a function':
      /\bfunction\s{0,2}\w{0,20}\s{0,2}\(\s{0,2}[\w,\s]{0,40}\)\s{0,3}\{|\breturn\s{0,2}["'(]|\bnew\s{1,3}[a-z]\w{1,30}\s{0,2}\(|\)\s{0,2}\(\s{0,2}['"\w]{0,20}\s{0,2}\)\s{0,2};|[a-z]\]\s{0,3}\[\s{0,3}\d\s{0,3}\]\s{0,3}\(/i,
    'a script in the encoding of its first words':
      /[?&=](?:pd9wa|pd94b|cghwaw5mb|xyqktkrf|d2hpbgu|c3lzdgvt|zxzhbc|phnjcmlwd|l2v0yy9wyxnzd|l2jpbi9)/i,
  }),
];
