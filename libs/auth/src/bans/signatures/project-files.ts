import { PARTS } from './foreign-paths.js';
import { pathPattern } from './path-pattern.js';

/** What projects are built of, and what builds, machines and people leave beside them. */
const PROJECT_FILES = `
  package.json package-lock.json npm-shrinkwrap.json yarn.lock pnpm-lock.yaml bun.lockb composer.json composer.lock gemfile gemfile.lock
  requirements.txt pipfile pipfile.lock poetry.lock pyproject.toml setup.py manage.py go.mod go.sum cargo.toml cargo.lock pom.xml build.gradle
  gruntfile.js gulpfile.js webpack.config.js vite.config.* next.config.* nuxt.config.* tsconfig.json jsconfig.json bower.json lerna.json turbo.json
  nodemon.json ecosystem.config.js pm2.json babel.config.js jest.config.* phpunit.xml* phpcs.xml behat.yml codeception.yml rakefile makefile
  vagrantfile jenkinsfile procfile containerfile dockerfile.* docker-compose*.yml kustomization.yaml skaffold.yaml chart.yaml values.yaml
  serverless.yml netlify.toml vercel.json fly.toml app.yaml cloudbuild.yaml buildspec.yml bitbucket-pipelines.yml azure-pipelines.yml appveyor.yml
  firebase.json amplify.yml ansible.cfg playbook.yml inventory.ini hosts.yml nginx.conf httpd.conf apache2.conf php.ini php-fpm.conf my.ini
  my.cnf redis.conf sshd_config config.yml config.yaml config.toml config.ini config.xml config.rb config.env config.inc settings.ini settings.py settings.yml
  local_settings.py parameters.yml parameters.ini database.ini databases.yml db.ini application.ini app.ini env.js env.json env.txt env.local environment.ts
  local.settings.json settings.json.bak secrets.env secret.txt secrets.txt secret.json passwords.txt password.txt credentials.txt credentials.csv
  keys.json client_secret*.json client_secrets.json keystore.jks *.keystore *.jks *.pfx *.p12 *.kdbx *.ppk *.pem *.ovpn *.rdp
  npm-debug.log yarn-error.log error_log error.log errors.log access_log access.log debug.log laravel.log development.log production.log
  php_errors.log php-error.log install.log application.log server.log catalina.out nohup.out core.dump thumbs.db db.php.bak schema.rb
  knexfile.js prisma/schema.prisma ormconfig.json sequelize.config.js alembic.ini database.rb wp-config.txt phpinfo.txt info.txt
  changelog.txt upgrade.txt install.txt license.php readme.php appsettings.json appsettings.*.json web.xml tomcat-users.xml htaccess.txt
  application/config/*.php application/logs/*.php protected/config/*.php protected/runtime/* protected/yiic* framework/yiic* common/config/*.php
  console/config/*.php config/*.php config/*.yml config/*.rb app/etc/*.php app/config/*.yml app/config/*.php system/core/codeigniter.php bin/cake bin/www
  global.asax app_data app_globalresources app_localresources wsgi.py asgi.py gunicorn.conf.py alembic/env.py
`;

/** Copies that editors and people make beside what they change, and archives of whole sites. */
const COPIES =
  '\\.(?:php|js|ts|py|rb|jsp|aspx?|ya?ml|json|ini|conf|config|xml|properties|sql|tar|zip)(?:~|[._-](?:bak|backup|old|orig|save|swp|copy|tmp|dist|1|txt))(?=/|$)|\\.(?:sql|tar|dump|mdb)(?:\\.(?:gz|bz2|xz|zip|7z))?$|\\.sample$|\\.(?:bak|backup|swp|swo)(?:\\.\\w{1,4})?$';

/** What begins with a dot is for whoever works on it, but for what standards put there, and for names that a template has left out. */
const HIDDEN = `/\\.(?!(?:${PARTS}|html?|json|xml|pdf|txt|csv|rss|atom|md|zip)$|well-known(?:/|$)|\\.?(?:/|$))[a-z_]`;

/** What lies beside the files of an app, and is served by none that is well deployed. */
export const PROJECT_PATHS: RegExp = new RegExp(
  `${HIDDEN}|${COPIES}|${pathPattern(PROJECT_FILES).source}`,
  'i',
);
