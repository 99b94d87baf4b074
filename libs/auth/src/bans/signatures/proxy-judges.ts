/** Where scanners have a proxy go, to see whether it does and what it tells of them. No app answers under these names but their own. */
export const PROXY_JUDGES: ReadonlySet<string> = new Set(
  `azenv.net www.azenv.net proxyjudge.us www.proxyjudge.us proxyjudge.info www.proxyjudge.info proxyjudge.biz wfuchs.de mojeip.net.pl
  httpbin.org www.httpbin.org httpheader.net www.httpheader.net httpbin.dev httpstat.us check-host.net myip.ms
  api.ipify.org api64.ipify.org ipify.org ipinfo.io ifconfig.me ifconfig.co ifconfig.io icanhazip.com ipv4.icanhazip.com ident.me
  ip-api.com ip.sb api.ip.sb api.myip.com ipecho.net checkip.amazonaws.com checkip.dyndns.org checkip.dyndns.com whatismyip.com
  whatismyipaddress.com myexternalip.com ip.me ipapi.co ip.cn myip.ipip.net cip.cc ip138.com 2ip.ru ip.tool.chinaz.com
  example.com www.example.com example.org www.example.org google.com www.google.com www.gstatic.com connectivitycheck.gstatic.com
  clients3.google.com bing.com www.bing.com baidu.com www.baidu.com yahoo.com www.yahoo.com yandex.ru ya.ru www.wikipedia.org
  en.wikipedia.org microsoft.com www.microsoft.com www.msftconnecttest.com www.msftncsi.com detectportal.firefox.com apple.com
  www.apple.com captive.apple.com amazon.com www.amazon.com facebook.com www.facebook.com twitter.com github.com cloudflare.com
  www.cloudflare.com one.one.one.one 1.1.1.1 8.8.8.8 dns.google www.rfc-editor.org www.qq.com www.sina.com.cn www.sohu.com`.split(
    /\s+/,
  ),
);
