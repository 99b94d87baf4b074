import { pathPattern } from './path-pattern.js';

/** What a page is made of: scripts, styles, images, fonts, sounds. A new version of an app, or of what it shows, leaves many missing. */
export const PARTS =
  'm?js|jsx|tsx?|css|s[ac]ss|less|map|wasm|webmanifest|woff2?|ttf|otf|eot|png|jpe?g|gif|webp|avif|svg|ico|bmp|tiff?|heic|mp[34]|m4[av]|webm|og[gv]|wav';

/** Paths of parts of pages. */
export const PARTS_OF_PAGES: RegExp = new RegExp(`\\.(?:${PARTS})$`, 'i');

/** All other paths. */
export const NO_PARTS_OF_PAGES: RegExp = new RegExp(`^(?!.*\\.(?:${PARTS})$)`, 'i');

/** Where other software is administered or installed. An old bookmark or a crawler's old link leads there, too. */
const CONSOLES = `
  wp-login.php wp-admin wp-admin/admin-ajax.php wp-includes wp-content/plugins wp-content/upgrade
  wp-signup.php wp-trackback.php wp-mail.php wp-json/wp wlwmanifest.xml xmlrpc.php
   administrator/index.php admin.php admin/login.php admin/index.php admin/config.php
  admin/controller admincp adminpanel admin_login modcp user/login.php ^typo3 ^joomla ^drupal ^magento
  magento_version ^prestashop ^opencart ^moodle ^phpbb ^vbulletin ghost/api ^cpanel ^whm whm-server-status ^plesk
  ^webmin ^cwp ^hestia ^directadmin ^roundcubemail install.php install/index.php config.php
  info.php php_info.php phpsysinfo elmah.axd trace.axd ^jenkins ^grafana ^kibana
  ^portainer v1/agent containers/json api/jsonws ^actuator
  secure/dashboard.jspa secure/contactadministrators!default.jspa users/sign_in.php login.action login.jsp
  server-status server-info ^owa ^ecp owa/auth _layouts ^remote/login _fragment ^remote/logincheck magento/admin downloader/* skin/install.php
  administrator/components administrator/help administrator/logs administrator/language ^bitrix ^modx/manager manager/index.php ^concrete5 ^craft/admin ^silverstripe
  admin/login.aspx admin/login.asp admin/login.jsp admin/admin.php admin/account.php admin_area/login.php adm/login.php webadmin/login.php siteadmin/login.php panel/login.php
  ^irj ^rwb ^sld ^slm ^mmr ^uddi/server ^caf ^cafdataservice ^messagingsystem ^adapterframework ^exchangeprofile ^xisoapadapter ^monitoring/systeminfo
  ^sapmc ^sapiks2 ^testjdbc_web ^wsnavigator ^useradmin ^meSync ^bcb ^voicexml ^logon/logonservlet ^utl/usagetypesinfo ^tc~*
  cgi-bin/* ^webdav ^owncloud ^nextcloud ^zabbix ^nagios ^centreon ^cacti ^hudson ^guacamole
`;

/** Paths of such software, but for parts of its pages: other sites go on showing old pictures. */
export const FOREIGN_CONSOLES: RegExp = new RegExp(
  `${NO_PARTS_OF_PAGES.source}.*${pathPattern(CONSOLES).source}`,
  'i',
);

/** Kinds of pages that Node does not make. What once stood here may have been of that kind, and people and crawlers come back. */
export const FOREIGN_FILES =
  /\.(?:php\d?|phtml|phar|pht|aspx?|ashx|asmx|axd|jspx?|jspa|do|action|cgi|fcgi|cfm|cfc|pl|py|rb|shtml|nsf|esp|ini|inc|bak|old|swp|orig|save)(?:\/|$)/i;
