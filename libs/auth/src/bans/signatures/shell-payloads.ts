import { type PayloadSignature, signatures } from './payload-signature.js';

/** What every Unix has, and what intruders bring or look for. */
const UNIX_COMMANDS = `
  cat|ls|id|whoami|uname|pwd|ps|env|printenv|set|alias|unset|export|ifconfig|ip|route|arp|netstat|ss|ping6?|traceroute|tracepath|nslookup|dig|host|sleep|usleep|echo|printf|read|
  bash|sh|zsh|dash|ksh|csh|tcsh|fish|busybox|toybox|python[\\d.]*|perl|ruby|php\\d?|node|lua|tclsh|irb|java|javac|groovy|nc|ncat|netcat|socat|telnet|wget|curl|fetch|lynx|links|aria2c|axel|
  chmod|chown|chgrp|chattr|touch|mkdir|mkfifo|mknod|rm|rmdir|cp|mv|ln|dd|install|sed|g?awk|mawk|e?grep|fgrep|rgrep|find|locate|which|whereis|xargs|tee|head|tail|more|less|tac|rev|nl|cut|sort|uniq|tr|wc|
  strings|base64|base32|xxd|od|hexdump|hd|uuencode|openssl|gpg|expr|eval|exec|source|command|builtin|time|timeout|nice|nohup|setsid|sudo|su|doas|kill|pkill|killall|mail|mailx|sendmail|
  ssh|scp|sftp|rsync|ftp|tftp|rlogin|gcc|g\\+\\+|cc|make|gdb|strace|ltrace|lsof|df|du|free|top|hostname|hostnamectl|w|who|last|lastlog|finger|groups|getent|crontab|at|batch|systemctl|service|
  mount|umount|fdisk|lsblk|tar|gzip|gunzip|bzip2|xz|zip|unzip|7z|ar|cpio|file|stat|diff|cmp|md5sum|sha\\d{1,3}sum|crond|iptables|tcpdump|nmap|masscan|apt|apt-get|aptitude|dpkg|yum|dnf|rpm|apk|pacman|snap|pip\\d?|npm|gem|git|
  docker|kubectl|screen|tmux|vi|vim|nano|ed|emacs|mysql|mysqldump|psql|sqlite3|redis-cli|mongo|useradd|usermod|passwd|chpasswd|chsh|reboot|shutdown|halt|init|dmesg|uptime|date|jobs|history|seq|yes|true|false|wall|write|ionice|script|scriptreplay|acpi|alsactl|
  ansible|puppet|chef|lwp-download|lwp-request|getfacl|capsh|unshare|nsenter|chroot|pivot_root|insmod|modprobe|ldd|ldconfig
`.replace(/\s+/g, '');

const WINDOWS_COMMANDS = `
  dir|type|net1?|netsh|tasklist|taskkill|systeminfo|ipconfig|cmd|powershell|pwsh|reg|regsvr32|regedit|rundll32|mshta|wmic|certutil|bitsadmin|msiexec|cscript|wscript|schtasks|sc|
  bcdedit|bcdboot|vssadmin|icacls|cacls|attrib|xcopy|robocopy|copy|move|del|erase|ren|cd|chdir|md|rd|ver|vol|whoami|nltest|dsquery|quser|query|findstr|find|fc|comp|forfiles|where|wevtutil|
  fsutil|diskpart|format|ftp|tracert|pathping|getmac|nbtstat|driverquery|gpresult|klist|runas|start|installutil|odbcconf|pcalua|cmstp|hh|ieexec|makecab|expand|extrac32|esentutl|print|replace|assoc|ftype|call|goto|pause|title|set|setx
`.replace(/\s+/g, '');

/** Quotes and backslashes that a shell takes out. */
const SPLIT = '[\'"\\\\^]{0,2}';

const COMMANDS = `${SPLIT}(?:/?(?:usr/)?(?:local/)?(?:s?bin/)?)(?:${UNIX_COMMANDS}|${WINDOWS_COMMANDS})(?:\\.(?:exe|com|bat|cmd|vbs))?${SPLIT}`;

/** Where a shell begins another command. */
const NEXT = '(?:[;|`\\n\\r]|\\$\\(|&&|<\\(|>\\(|\\{,)';

/** Names that are no words of any language, with what may follow them. */
const UNMISTAKABLE =
  'whoami|uname|ifconfig|ipconfig|nslookup|wget|netstat|printenv|passwd|chmod|chown|systeminfo|tasklist|certutil|bitsadmin|rundll32|regsvr32|mshta|wmic|nltest|busybox|lwp-download|xxd|mkfifo|aptitude|bcdedit|bcdboot|tcpdump|socat|ncat|getent';

/** User agents have remarks between semicolons, some of them of one word. */
const AMONG_REMARKS =
  /[<>{}$`|\\'"%^\r\n]|&&|&(?:#|lt|gt)|^[;&.]|\bselect\b|;\s{0,3}(?:env|set|id|ls|cat|wget|curl|sleep)\b/i;

/** What makes a machine run a command. */
export const SHELL_PAYLOADS: readonly PayloadSignature[] = [
  ...signatures('certain', {
    shells:
      /\/bin\/(?:ba|da|z|k|c|tc|fi)?sh\b|\bcmd(?:\.exe)?["']?\s{0,3}[/ ]c\s|\bpowershell(?:\.exe)?\s{1,3}-|\bnc(?:\.exe|at)?\s{1,3}-[a-z]{1,6}\s|\/dev\/tcp\//i,
    'a program that is fetched and run':
      /(?:^|[?&=;|`(])\s{0,3}cd\s{1,3}\/(?:tmp|var|dev|mnt|root|run|opt)\b[^&]{0,80}(?:[;|]|&&)\s{0,3}(?:\/bin\/)?(?:busybox\s{1,3})?(?:wget|curl|tftp|ftpget|rm\s{1,3}-rf)\b|\b(?:wget|curl|tftp|ftpget)\b[^&]{1,120}(?:[;|]|&&)\s{0,3}(?:\/bin\/)?(?:sh|bash|chmod\s{1,3}(?:\+x|[0-7]{3,4}))\b/i,
    'functions in variables': /\(\)\s{0,3}\{[^{}]{0,40}\}\s{0,3};/,
    'spaces of a shell': /\$\{ifs|\$ifs\b/i,
  }),
  ...signatures(
    'likely',
    {
      'a command after another': new RegExp(
        `${NEXT}\\s{0,3}(?:${COMMANDS})(?=[\\s;|&\`)'"<>/$({\\\\]|$)`,
        'i',
      ),
    },
    AMONG_REMARKS,
  ),
  ...signatures('likely', {
    'a command line of PowerShell':
      /\bpwsh\s{1,3}-|\bnetcat\s{1,3}-|\b(?:ba|z|k|c)?sh\s{1,3}-i\b|\bmkfifo\s|%comspec%|\$@\$|\$\{(?:home|pwd|path|shell|oldpwd|hostname)[:#%/]|\biex\s{0,3}\(|\b(?:invoke-(?:expression|webrequest|restmethod)|new-object\s{1,3}(?:system\.)?net)\b|\bdownload(?:string|file)\s{0,3}\(|\s-e(?:nc(?:odedcommand)?)?\s{1,3}[a-z\d+/=]{20}|frombase64string/i,
    'a command with an address':
      /[;|&`$(\n\r=]\s{0,3}(?:\/usr)?(?:\/bin\/)?(?:wget|curl|fetch|tftp|ftpget|lwp-download|aria2c)\s{1,3}(?:-[-\w.]{1,20}\s{1,3}){0,4}[^&\s]{0,40}(?::\/\/|\d{1,3}(?:\.\d{1,3}){3}|\.\w{2,10}\/)/i,
    'a command put together': new RegExp(
      `\\$\\(\\s{0,2}${SPLIT}(?:\\w|/)|(?:^|[=;|&\\s])(?:[a-z]{1,10}(?:''|""|\\\\|\\$@|\\$\\*|\`\`|\\$\\d)){1,6}[a-z]{1,10}(?:\\s{1,3}[-/]|$|[;|&])|/(?:[?*]{1,4}|\\w{0,3}[?*\\[][\\w?*\\]]{0,4})/(?:\\w{0,4}[?*\\[]|[?*]{2,8})`,
      'i',
    ),
    'a loop of Windows':
      /\bfor\s{1,30}(?:\/[dflr]\s{1,30}){0,2}(?:"[^"]{0,60}"\s{1,5}|[a-z]:\S{0,40}\s{1,5})?%{1,2}\S{1,10}\s{1,5}in\s{0,3}\(/i,
    'a whole command': new RegExp(
      `[=?]\\s{0,2}(?:/\\w{1,10}){0,3}/?(?:(?:${UNMISTAKABLE})(?:\\.exe)?(?:$|&|\\s{1,3}[-/.~$\\w])|(?:cat|ls|nc|bash|k?sh|zsh|dash|curl|ping|rm|python[\\d.]*|perl|ruby|php|id|ps|dir|type|net|echo|cp|mv|find|grep|telnet|ssh|java|tar)\\s{1,3}(?:-{1,2}[a-z]{1,12}\\b|/|~|\\$))`,
      'i',
    ),
    'a function of a shell': /\(\)\s{0,3}\{/,
  }),
  ...signatures(
    'hinted',
    {
      'signs of a shell':
        /\$\(|`[^`]{1,60}`|\$\{|\|\||&&|[;|]\s{0,3}[a-z]{2,10}(?:\s|$)|\$\w{1,20}\$?\{?|\\[a-z]{1,3}\\|['"]{2}\w{1,10}['"]{2}|[?*]{1,3}\/[?*\w]{1,8}\/?[?*]|[<>]\(|\$\[|=~[+-]|[<>]{1,2}\s{0,2}\/|>&\d|2>|\|&/i,
    },
    AMONG_REMARKS,
  ),
  ...signatures('hinted', {
    'a command with options':
      /\b(?:cat|nc|bash|wget|curl|ping|chmod|rm|ls|sh|zsh|ksh|python[\d.]*|perl|ruby|php|busybox|sudo|ssh|tar|find|grep)\s{1,3}(?:[-/.~$*<>\d]|cmd\b)/i,
    'a command by its name': new RegExp(
      `(?:[=&;|]|^)\\s{0,2}(?:${UNMISTAKABLE})(?:$|[\\s;|&<>)])|\\balias\\s{1,3}\\w{1,20}=|[?&=]{1,2}(?:/?usr/)?s?bin/\\w`,
      'i',
    ),
    'braces of a shell': /\{[\w/.-]{0,20},[\w/.,-]{1,60}\}/i,
    'conditions of Windows':
      /\bif\s{1,30}(?:\/i\s{1,30})?(?:not\s{1,30})?(?:exist|defined|errorlevel|cmdextversion|%\w{1,30}%|\d+\s{1,30}(?:equ|neq|lss|leq|gtr|geq)\b)|\bif\s{1,30}(?:\/i\s{1,30})?(?:not\s{1,30})?[^&=]{1,40}(?:==|\b(?:equ|neq|lss|leq|gtr|geq)\b)/i,
    'commands of PowerShell':
      /\b(?:invoke|get|set|new|start|stop|add|remove|write|out|import|export|convertto|convertfrom|select|where|foreach|test|copy|move|clear|enable|disable|register|compress|expand)-(?:expression|webrequest|restmethod|command|object|process|item\w{0,10}|content|host|childitem|service|wmiobject|ciminstance|path|acl|module|archive|netfirewall\w{0,10}|mppreference|scheduledtask|aduser|localuser|eventlog|variable|alias|location|clipboard|credential|computerinfo)\b/i,
    'paths of a shell': /\/(?:usr|bin|sbin|etc|var)\/(?:bin\/)?[\w-]{0,20}[[\]?*]/i,
  }),
];
