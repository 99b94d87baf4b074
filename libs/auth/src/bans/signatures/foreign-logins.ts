import { pathPattern } from './path-pattern.js';

/**
 * Forms of other software by which people log in. What programs call by themselves is not among them: apps of phones, agents and services
 * that have the wrong host go on for days.
 */
const FORMS = `
  index.php/login index.php/admin session_login.cgi login_up.php cmd_login ^cpsess* ^lemonldap cas/login guacamole/api/tokens
  ^zimbra ^zimbraadmin sogo/connect sso/login/mailu ^webmail horde/login ^squirrelmail ^rainloop ^snappymail ^otrs redmine/login mantis/login
  netbox/login bookstack/login firefly/login firefly-iii/login sonarr/login radarr/login prowlarr/login lidarr/login readarr/login sabnzbd/login
  overseerr/api/v1/auth jellyseerr/api/v1/auth tautulli/auth qbittorrent/api/v2/auth openwebui/api/v1/auths calibre/login calibre-web/login
  pihole/admin pi-hole/admin miniflux/login freshrss/i seafile/accounts paperless/accounts baikal/admin awx/login foreman/users/login
  web/session/authenticate j_*_check service/rapture/session artifactory/webapp
  rest/v1/integration/admin rest/v1/integration/customer rest/default/v1/integration umbraco/backoffice sitecore/login security/loginform
  internal/security/login websso/saml2 owa/auth.owa webman/login.cgi webapi/auth.cgi api2/extjs ^_session realms/*/login-actions
  auth/realms/*/login-actions auth/admin/master zm/api/host litespeed/login.php ubnt/api/login unifi/api/login proxy/network/api/login
  moodle/login joomla/administrator drupal/user mediawiki/index.php dokuwiki/doku.php gitea/user gogs/user gitlab/users sonarqube/sessions
  sonarqube/api/authentication bamboo/userlogin ^pfsense ^opnsense ^webmin ^virtualmin ^vesta ^ispconfig ^froxlor ^ajenti ^cockpit/login
  manager/html +webvpn+ dana-na boaform isapi/security vpn/tmindex.html xmlrpc/2/common plesk/login
`;

/** What files are called that take passwords, and what the folder of an entrance is. */
const FILES = 'log-?_?in|log-?_?on|signin|auth(?!or)|passw|webmail|ucp\\.|logincheck';
const FOLDERS =
  '(?:admin\\w{0,20}|adm|manage|manager|webadmin|\\w{0,10}myadmin|pma|sqladmin|mysqladmin|webmail|owa|user|users|members?|accounts?|login|auth|panel|cp)';
const ENTRANCES = `(?:${FOLDERS}/(?:index|default|main|home)|admin|administrator|adminer|console|manager)\\.`;

const PAGES = '(?:php\\d?|phtml|aspx?|ashx|jspx?|jspa|do|action|cgi|fcgi|cfm|pl|nsf|esp)';

/** Where software that is not here takes passwords, whatever it is made with. */
export const FOREIGN_LOGINS: readonly RegExp[] = [
  pathPattern(FORMS),
  new RegExp(`(?:${FILES})[^/]{0,40}\\.${PAGES}$`, 'i'),
  new RegExp(`/${ENTRANCES}${PAGES}$`, 'i'),
];

/** A query by which such a page is one of a login: `?route=account/login`, `?module=Users&action=Authenticate`. */
export const LOGIN_QUERIES: RegExp =
  /\?[^?]{0,200}[=/_:](?:user)?(?:log-?_?[io]n|sign-?_?in|authenticate)(?:[&2;]|$)/i;
