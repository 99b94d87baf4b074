import { API_DOCUMENTS } from './api-documents.js';
import { FOREIGN_APIS } from './foreign-apis.js';
import { FOREIGN_CONSOLES, FOREIGN_FILES } from './foreign-paths.js';
import { PROJECT_PATHS } from './project-files.js';
import { SCANNER_AGENTS } from './scanner-agents.js';
import { TELLTALE_PATHS } from './telltale-paths.js';
import { undisguisedPath } from './undisguised.js';

const LISTS = { TELLTALE_PATHS, FOREIGN_APIS, API_DOCUMENTS, PROJECT_PATHS, FOREIGN_CONSOLES, FOREIGN_FILES };

/** What a family of paths is about, the one list that holds it, and what is like it. */
const FAMILIES: readonly (readonly [
  family: string,
  list: keyof typeof LISTS,
  attack: string,
  honest: string,
])[] = [
  ['secrets of a machine', 'TELLTALE_PATHS', '/id_rsa', '/id'],
  ['programs of intruders', 'TELLTALE_PATHS', '/alfacgiapi', '/alfa'],
  ['holes of products', 'TELLTALE_PATHS', '/jolokia/list', '/list'],
  ['gateways', 'TELLTALE_PATHS', '/ccmadmin/x', '/ccm'],
  ['devices', 'TELLTALE_PATHS', '/axis-cgi/x', '/axis'],
  ['tools', 'TELLTALE_PATHS', '/descriptorbyname/x', '/descriptor'],
  ['products by their names', 'TELLTALE_PATHS', '/geoserver/web', '/docs/geoserver'],
  ['what mails are read with', 'TELLTALE_PATHS', '/fsms/fsmsh.dll', '/autodiscover/autodiscover.xml'],
  ['sites', 'TELLTALE_PATHS', '/livewire/upload-file', '/live/upload-file'],
  ['interfaces of products', 'FOREIGN_APIS', '/_cluster/health', '/cluster/health'],
  ['what describes interfaces', 'API_DOCUMENTS', '/v2/api-docs', '/v2/docs'],
  ['folders of frameworks', 'PROJECT_PATHS', '/app_data/x', '/application/config'],
  ['projects', 'PROJECT_PATHS', '/package.json', '/packages.json'],
  ['copies', 'PROJECT_PATHS', '/a.tar.gz', '/a.targets'],
  ['hidden files', 'PROJECT_PATHS', '/.unheard-of', '/.well-known/x'],
  ['consoles', 'FOREIGN_CONSOLES', '/wp-admin', '/wp-admins'],
  ['consoles by their names', 'FOREIGN_CONSOLES', '/grafana/x', '/docs/grafana'],
  ['consoles of SAP', 'FOREIGN_CONSOLES', '/cafdataservice/x', '/docs/irj'],
  ['files of other software', 'FOREIGN_FILES', '/a.cfm', '/a.html'],
];

const listsThatHold = (path: string) =>
  Object.entries(LISTS)
    .filter(([, list]) => list.test(undisguisedPath(path)))
    .map(([name]) => name);

describe.each(FAMILIES)('%s', (_family, list, attack, honest) => {
  it('are held by one list alone', () => {
    expect(listsThatHold(attack)).toEqual([list]);
  });

  it('hold nothing that is like them', () => {
    expect(listsThatHold(honest)).toEqual([]);
  });
});

it('tells a scanner by its name, and by no other that has it in it', () => {
  expect(SCANNER_AGENTS.test('Mozilla/5.0 (compatible; Nikto/2.5)')).toBe(true);
  expect(SCANNER_AGENTS.test('Niktoria/2.5')).toBe(false);
});
