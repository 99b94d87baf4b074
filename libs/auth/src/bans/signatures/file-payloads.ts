import { FROM_ELSEWHERE } from './pages-of-developers.js';
import { type PayloadSignature, signatures } from './payload-signature.js';

/** Out of a folder by any step: also where a filter takes `../` out of `....//`, and of what a server takes for a slash. */
const UP = '(?:\\.{2,4}[/\\\\;]{1,3}|\\.[/\\\\]{1,2}\\.[/\\\\]{1,2}\\.?)';

/** What is worth reading on a machine, by its whole path. */
const UNIX_FILES = `
  etc/(?:passwd|shadow|gshadow|group|master\\.passwd|sudoers|hosts|hostname|issue|motd|fstab|mtab|crontab|cron\\.\\w+|anacrontab|profile|bash\\.bashrc|resolv\\.conf|inetd\\.conf|
  xinetd\\.conf|exports|networks|services|protocols|shells|securetty|pam\\.conf|ld\\.so\\.\\w+|sysctl\\.conf|syslog\\.conf|rsyslog\\.conf|redhat-release|debian_version|os-release|lsb-release|
  ssh|ssl|pki|nginx|apache2?|httpd|lighttpd|haproxy|php[\\d.]*|my\\.cnf|mysql|postgresql|mongod?\\.conf|redis|samba|vsftpd\\.\\w+|proftpd\\.conf|exim\\d?|postfix|mail|openvpn|
  wireguard|kubernetes|docker|ansible|puppet|chef|letsencrypt|init\\.d|rc\\.\\w+|systemd|network|sysconfig|security|tomcat\\d*|squid|named\\.conf|bind|snmp|config\\.ini)
| proc/(?:self|\\d{1,7}|version|cpuinfo|meminfo|mounts|net|sched_debug|cmdline|stat|interrupts|kallsyms|config\\.gz|sys|filesystems|partitions|uptime|loadavg|devices|ioports|modules|swaps|thread-self)
| sys/(?:class|kernel|firmware|devices|fs/cgroup)
| var/(?:log|www|mail|spool|run/secrets|run/docker\\.sock|lib/(?:mysql|docker|mlocate|php)|backups|adm|cpanel|htdocs|db|cache)
| usr/(?:local/(?:apache2?|nginx|php|etc|www|tomcat|cpanel|mysql|zeus)|share/(?:nginx|tomcat|mysql)|etc|pkg/etc|home)
| (?:root|home/[\\w.-]{1,30}|users/[\\w.-]{1,30})/\\.\\w+
| opt/(?:lampp|nginx|apache\\d?|tomcat|xampp|httpd|bitnami|jboss)
| (?:run|secrets)/(?:secrets|kubernetes\\.io)
| boot/grub | dev/(?:tcp|udp|fd|mem|shm|random|null) | private/(?:etc|var)
`;

const WINDOWS_FILES = `
  (?:windows|winnt)[/\\\\]{1,2}(?:win\\.ini|system\\.ini|system32|repair|debug|panther|php\\.ini|my\\.ini|windowsupdate\\.log|iis6?\\.log|system)
| boot\\.ini | win\\.ini | autoexec\\.bat | pagefile\\.sys | inetpub[/\\\\] | xampp[/\\\\] | wamp(?:64)?[/\\\\]
| program\\s?files(?:\\s?\\(x86\\))?[/\\\\] | programdata[/\\\\] | documents\\s?and\\s?settings[/\\\\]
`;

function joined(list: string): string {
  return list.replace(/\s+/g, '');
}

const FILES = `(?:${joined(UNIX_FILES)}|${joined(WINDOWS_FILES)})`;

/** Files of projects and of people, at the end of a path out of the folder. */
const SECRET_FILES =
  '(?:\\.env|\\.git|\\.ssh|\\.aws|\\.svn|\\.ht(?:access|passwd)|web\\.config|(?:web|meta)-inf|appsettings\\.json|wp-config\\.php|config(?:uration)?\\.(?:php|ini|ya?ml|json|properties|inc)|database\\.(?:php|yml)|settings\\.(?:py|php)|id_rsa|boot\\.ini|package\\.json|application\\.(?:properties|ya?ml)|docker-compose\\.ya?ml|[\\w-]{1,30}\\.(?:bash_)?history|error\\.log|access\\.log)';

/** What makes a server give out a file that was not for everybody. */
export const FILE_PAYLOADS: readonly PayloadSignature[] = [
  ...signatures('certain', {
    'a way out of the folder to a file': new RegExp(
      `(?:^|[/\\\\=:;.])${UP}[^?&\\s]{0,40}?(?:${FILES}|cgi-bin|bin/)`,
      'i',
    ),
    'a long way out of the folder': new RegExp(
      `${UP}{3}(?!node_modules)|[/\\\\]\\.\\.;|;[/\\\\]\\.\\.[/\\\\]|[/\\\\]\\.\\.%(?:00|2f|5c)|\\.{3,4}[/\\\\]{1,3}\\.{3,4}[/\\\\]`,
      'i',
    ),
    'files of the accounts of a machine':
      /\betc[/\\]{1,2}(?:passwd|shadow|gshadow|master\.passwd|sudoers)(?![\w-])|\/proc\/(?:self|\d+)\/(?:environ|cmdline|maps|fd|root|cwd|mounts|status)|[/\\:](?:win|boot)\.ini(?!\w)|\/dev\/tcp\/|\bsystem32[/\\]{1,2}(?:drivers[/\\]{1,2}etc|config|cmd)/i,
    'a folder of Java': /[/;=](?:web|meta)-inf(?:\/|$)/i,
    'wrappers of PHP':
      /\bphp:\/\/(?:input|filter|memory|temp|fd|stdin)|\bexpect:\/\/\w|\bcompress\.(?:zlib|bzip2):\/\/[^&\s]{0,80}\/etc/i,
    'addresses of files':
      /\bgopher:\/\/|\bfile:\/{1,4}(?:localhost\/)?(?:etc|proc|var|root|home|usr|c:[/\\]{1,2}(?:windows|winnt|boot|inetpub)|windows|\w{1,20}\/passwd)|\b(?:jar|netdoc):(?:file|http|\/\/)/i,
  }),
  ...signatures('likely', {
    'a file of a machine': new RegExp(`(?:^|[=:>\\s'"])(?:[a-z]:)?[/\\\\]{1,3}${FILES}(?![\\w-])`, 'i'),
    'a disk of Windows':
      /(?:^|[=\s'"/])[a-z]:[/\\]{1,2}(?:windows|winnt|boot|inetpub|xampp|users|program\s?files|programdata)\b/i,
    'out of the folder': new RegExp(
      `^[^?]{0,2000}[/\\\\]\\.\\.(?:[/\\\\?]|$)|${UP}{2}|\\.\\.\\.\\/{0,2}\\.\\.\\.|\\.{3,4}[/\\\\]{2}|${UP}(?:${SECRET_FILES}|windows|winnt|etc|usr|var|boot|home|root|opt|inetpub)`,
      'i',
    ),
    'secrets of a project':
      /[=:,][^&=?]{0,100}[/\\]\.(?:docker|ssh|aws|kube|git|svn|env|npmrc|claude|codex|cursor|config|azure|gnupg|pgpass|my\.cnf|netrc|bash_history|ht(?:access|passwd))\b(?:[/\\]|$|&)/i,
    'a byte that ends a name': /\0|%00/i,
  }),
  ...signatures('hinted', {
    'up once': /(?:^|[=&?/\\:])\.\.[/\\]|^\.{1,2}[/\\]|\.\.\\|0x5c0x2e|0x2e0x2e|%5c\.\.|\.{2}%/i,
    'a file by its name': new RegExp(
      `[=:>](?:[^&=?]{0,80}[/\\\\])?(?:${SECRET_FILES}|${FILES})(?:$|&|\\W)`,
      'i',
    ),
    'a temporary file': /[=>:]\s{0,3}[/\\](?:tmp|var\/tmp|dev\/shm)[/\\]/i,
    'addresses that are no web':
      /\b(?:phar|zip|zlib|glob|ssh2(?:\.\w{1,8})?|data|jar|dict|ldaps?|rmi|tftp|sftp|ogg|rar|netdoc|smb|unix|compress\.\w{1,8}):\/\/|=\s{0,2}\\\\[\w.]{1,60}\\|[?&=]unix:/i,
    'a copy of something': /=[^&=]{0,100}\.(?:sql|bak|old|swp|inc|orig|save)(?:\.(?:zip|gz))?$/i,
    'a development server': /\/@(?:fs|id|vite)\/|[?&](?:import&raw|raw\?\?|import\?raw)/i,
  }),
  ...signatures(
    'hinted',
    {
      'a file from elsewhere':
        /[?&=;][^&]{0,10}(?:https?|ftps?):\/\/[^&]{1,100}\.(?:txt|php\d?|ini|exe|sh|py|jsp|asp|pl|war|dll|dat)\??(?:&|$)|=(?:https?|ftps?):\/\/(?:\d{1,3}\.\d|\[|\d{8,10}\b)|=[^&=]{0,8}(?:https?|ftp):\/\/[^&]{1,200}\?$|=https?\?/i,
    },
    FROM_ELSEWHERE,
  ),
];
