import { EXPLOIT_PATHS } from './exploit-paths.js';
import { pathPattern } from './path-pattern.js';

/** Secrets of a machine or a project that a careless deployment serves. */
const SECRETS = `
  .env .env.* .env-* .env_* .env~ *.env env.bak env.old .envrc .git .gitconfig .git-credentials
  .gitlab-ci.yml .svn .hg .bzr .cvs CVS/Entries .aws .azure .gcloud .boto .s3cfg .kube .docker .dockercfg
  .dockerenv .terraform terraform.tfstate terraform.tfvars *.tfstate .vault-token .circleci/config.yml
  .travis.yml .ssh id_rsa id_dsa id_ecdsa id_ed25519 authorized_keys .netrc .pgpass .my.cnf .htpasswd
  .htpasswd* .htaccess .passwd .npmrc .yarnrc .pypirc .config .subversion .bashrc .bash_history
  .bash_profile .bash_logout .zshrc .zsh_history .profile .history .mysql_history .psql_history
  .python_history .sh_history .node_repl_history .lesshst .viminfo .forward .rhosts .shosts .DS_Store
  .vscode .idea .ftpconfig .ftpquota .remote-sync.json sftp-config.json sftp.json ftpsync.settings
  filezilla.xml recentservers.xml WS_FTP.INI ws_ftp.log wp-config.php wp-config* .wp-config*
  configuration.php~ configuration.php.* localsettings.php.* config.php.* config.php~ settings.php.*
  database.php.* db.php.* index.php.* config.inc.php.* *.php.bak *.php.old *.php.save *.php.swp *.php.orig
  *.php~ *.php.txt *.php_bak *.php-bak .*.swp .*.swo web.config web.config.* connectionstrings.config application.properties application.yml application.yaml
  application-*.properties application-*.yml bootstrap.yml secrets.json secrets.yml secrets.yaml
  credentials.json credentials.yml service-account.json serviceaccount.json
  firebase-adminsdk* google-services.json database.yml master.key server.key privatekey.key private.key
  localhost.key private.pem docker-compose.yml docker-compose.yaml docker-compose.*.yml dockerfile
  database.sql db.sql dump.sql backup.sql mysql.sql mysqldump.sql users.sql data.sql db_backup.sql
  localhost.sql dump.sql.gz backup.sql.gz database.sqlite db.sqlite db.sqlite3 backup.zip backup.tar.gz
  backup.tar backup.rar backup.7z wwwroot.zip wwwroot.rar www.zip www.rar www.tar.gz public_html.zip
  public_html.tar.gz htdocs.zip website.zip site.zip web.zip web.rar web.tar.gz backups.zip bak.zip
  .claude .codex .cursor .continue .aider .roo .zed .cline .windsurf .gemini .copilot .opencode .n8n .aiignore
  .mcp.json database.zip db.zip etc/passwd etc/passwd* etc/shadow etc/shadow* windows/win.ini win.ini boot.ini
`;

/** Programs that an intruder leaves behind. */
const WEB_SHELLS = `
  c99.php c100.php r57.php wso.php wso*.php b374k.php alfa.php alfa_data alfacgiapi shell.php webshell.php
  shell*.php cmd.php cmd.jsp cmd.asp cmd.aspx shell.jsp shell.aspx 0byte.php indoxploit.php idx.php
  gel4y.php marijuana.php mini.php minishell.php wp-shell.php leafmailer.php mailer.php alfanew.php
  xleet.php xl2023.php fox.php wp-conflg.php wp-22.php eval-stdin.php phpunit.php phpspy.php weevely.php
  antsword.php behinder.jsp godzilla.jsp simple-backdoor.php backdoor.php php-backdoor.php uploader.php
  filemanager.php elfinder.php c99shell.php c99madshell.php r57shell.php locus7s.php locus.php simple_cmd.php dama.php nshell.php kral.php zaco.php sosyete.php
  safe0ver.php rootshell.php ru24_post_sh.php predator.php phvayv.php pws.php nst.php nstview.php myshell.php matamu.php lamashell.php ironshell.php
  hiddens*.php hackru.php g00nshell*.php fatalshell.php ekin0x.php dc3*.php ctt_sh.php cybershell.php crystalshell.php cgitelnet.* casus15.php
  backup_php_shell.php ayyildiz.php antichat.php ajax_command_shell.php aspydrv.asp aspxspy*.aspx aspxshell.aspx zehir*.asp rhtools.asp ntdaddy.asp
  remexp.asp elmaliseker.asp jspspy*.jsp cmdjsp.jsp jshell.jsp k8cmd.jsp tunnel.jsp tunnel.aspx tunnel.ashx tunnel.php neoreg.* regeorg.* cmdasp.asp cmdasp.aspx
  webadmin.php wsoshell.php adminshell.php hack.php hacked.php bypass*.php symlink.php anon.php anonymousfox.php foxwso*.php priv8*.php xmrlpc.php wp-l0gin.php
  lock360.php radio.php wp-kadmin.php b374k*.php h4x0r.php pwn.php pwned.php spyshell.php up_shell.php upshell.php webshell*.jsp webshell*.aspx x.jspx 1ndex.php
`;

/** Endpoints of known holes, of products that are no app of Nest. */
const EXPLOITS = `
  apps/graphapi userportal/webpages userportal/controller webconsole/webpages webconsole/controller viewer/live/*.html connector/*/upload.aspx
  analytics/telemetry/ph access/set tools/ajax/consoleresult.html dataservice/j_security_check dataservice/client dataservice/device
  dataservice/smartlicensing dataservice/system phpmyadmin/index.php phpmyadmin/scripts phpmyadmin/setup fsms/fsmsh.dll owa/auth/*.js ecp/auth/*.js ecp/y.js ecp/proxylogon.ecp ecp/ddi
  _ignition vendor/phpunit phpunit/src phpunit/phpunit vendor/htmlawed htmlawedtest.php vendor/composer
  vendor/laravel vendor/filemanager telescope/requests horizon/api debug/default/view _profiler app_dev.php
  frontend_dev.php _debugbar storage/logs getphpinfo.php phpinfo.php phpinfo php-cgi php-cgi.exe
  php5.cgi php.cgi remote_agent.php pictureproxy.php ^gremlin druid/indexer druid/coordinator
  ^xxl-job-admin ^jolokia actuator/env actuator/heapdump actuator/gateway actuator/jolokia
  actuator/configprops actuator/dump actuator/httptrace actuator/logfile actuator/mappings
  actuator/threaddump actuator/trace ^heapdump web-inf meta-inf manager/html manager/text host-manager
  jmx-console web-console/invoker invoker/* jbossws jbossmq-httpil wls-wsat _async bea_wls_internal
  console/css console/images console/login console/console.portal ^struts struts2-showcase webtools/control
  ^ofbiz solr/admin solr/*/config solr/*/dataimport ^geoserver ^axis2 axis2-admin axis2-awc cfide
  cf_scripts lucee/admin ..cfide jenkins/script securityrealm
  pages/createpage-entervariables.action pages/doenterpagevariables.action setup/setupadministrator.action
  setup/finishsetup.action server-info.action rest/tinymce rest/sharelinks plugins/servlet crx/de
  crx/packmgr crx/explorer system/console bin/querybuilder.json etc.clientlibs service/extension ^zimbraadmin
  ^goanywhere catalog-portal ui/vropspluginui sdk/*lookup ^hybridity ^seeyon ^yyoa
  ^ispirit ^ncchr servlet/filereceiveservlet ^uapim ^e-mobile sap/bc ^nwa irj/portal sap/public sap/admin
  webdynpro ^developmentserver ^eonapi npm-pwg usp/searchusers.do ^nmconsole      
  aspnet_client _vti_pvt telerik.web.ui* telerik.web.ui.* dialoghandler.aspx upload.aspx
  guestaccess.aspx human.aspx human2.aspx moveitisapi machine2.aspx setupwizard.aspx ^sitefinity
  webinterface/function ^roundcube tmui mgmt/tm mgmt/shared
  vpns vpns/portal nf/auth nitro/v* sdwan/nitro logon/logonpoint ^xenmobile remote/fgt_lang
  remote/logincheck api/v2/cmdb fgt_lang unauth/php php/ztp_gate.php php/utils esp/cms_changedevicecontext.esp sslvpn mifs totp/user-backup-code
  api/v1/totp webui_wsma_http* apps/zxtm cgi-mod nsversion admin/saml 
  ^vmanage progs/homepage cmd,/simzysh ^simzysh ztp/cgi-bin api/sessionmngr
  serverconfig.xml toolbox-resource toolbox/resource cgi-bin cgi/*.cgi cgi-sys fcgi-bin boaform boafrm
  goform gponform hnap1 setup.cgi sdk/weblanguage picsdesc.xml
  wanipcn.xml apply.cgi apply_sec.cgi tmunblock.cgi hedwig.cgi getcfg.php syscmd.asp
  stssys.htm board.cgi videostream.cgi currentsetting.htm rom-0 login.cgi
  config/getuser web/cgi-bin nas_sharing.cgi device.rsp eval.php flash/addcrypted2
  dns/getresetstatus ftp/getresetstatus databases/upgrademysqlstatus zm/index.php ^phpmyadmin* ^phpmyadmin ^pma
  mysql/admin mysql/dbadmin mysql/sqlmanager mysql/mysqlmanager mysql/pma mysql/web sql/phpmanager sql/php-myadmin sql/phpmy-admin
  sql/webadmin sql/websql sql/webdb db/webadmin db/dbadmin db/websql db/webdb db/phpmyadmin* admin/phpmyadmin* admin/pma admin/mysql
  admin/sqladmin ^websql ^sqlweb ^sqlmanager ^mysqlmanager ^php-my-admin ^php-myadmin ^phpma
  ^mysqladmin ^myadmin ^dbadmin ^sqladmin ^mysql-admin ^phppgadmin ^adminer adminer*.php ^sqlitemanager
  administrator/db proc/self/* _utils
  _users/org* w00tw00t* muieblackcat scripts/setup.php azenv.php proxyheader.php hello.world trinity.txt.bak
  crowdsec-test-* wp-content/plugins/*/readme.txt wp-content/plugins/*/changelog.txt wp-content/themes/*/readme.txt evox/about nmaplowercheck* portal/redlion ab2g ab2h wp-content/plugins/*/*.php
  wp-content/plugins/*/*/*.php wp-content/plugins/*/*/*/*.php wp-content/themes/*/*.php
  wp-content/uploads/*.php wp-content/uploads/*/*/*.php wp-content/uploads/*/*/*.ph* wp-content/debug.log
  wp-content/backup* wp-json/*/v1/users wp-json/wp/v2/users wp-includes/*.php wp-includes/*/*.php
  index.php/v1/config v1/config/application com_*/views administrator/components administrator/manifests
  sites/default/files/*.php magmi downloader/index.php app/etc/local.xml
  modules/*/*.php bitrix/admin core/skin/login.aspx ^umbraco mod/lti
  pages/exec.php o/get/httpmeta include/plugin dav/server.php template/aui handleevent xmlpserver
  wp-admin/setup-config.php wp-admin/install.php _layouts/*/toolpane.aspx spinstall*.aspx
  rdweb/pages examples/servlets examples/jsp tomcatwar.jsp
`;

/** What nobody asks for who means well. */
export const TELLTALE_PATHS: RegExp = pathPattern(SECRETS + WEB_SHELLS + EXPLOITS + EXPLOIT_PATHS);
