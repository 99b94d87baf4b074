import Bowser from 'bowser';
import { type BareItem, parseItem, parseList } from 'structured-headers';

/** How much is read of each header, in characters: honest ones are half as long, and what reads them is made of patterns. */
const LOOKED_AT = 512;
/** Anything else is a text that somebody has chosen for others to read: of a `User-Agent` that it does not know, the parser takes a part. */
const BROWSERS = new Set<string | undefined>(Object.values(Bowser.BROWSER_MAP));
const SYSTEMS = new Set<string | undefined>(Object.values(Bowser.OS_MAP));
/** What browsers call the systems that they run on. */
const PLATFORMS = ['Android', 'Chrome OS', 'Chromium OS', 'iOS', 'Linux', 'macOS', 'Windows'];

/**
 * What people call the device that a request comes from, such as `Firefox on Linux`: by its client hints, or else its `User-Agent`. No
 * version is in it, or else each update would make a new device.
 *
 * @param header gives the value of a header by its name in lower case
 * @returns undefined for one that says nothing that is known
 */
export function deviceNameBy(header: (name: string) => string | undefined): string | undefined {
  const read = (name: string) => header(name)?.slice(0, LOOKED_AT).trim() || undefined;
  const agent = read('user-agent');
  if (agent === undefined) return undefined;
  const parser = Bowser.getParser(agent, { brands: brandsIn(read('sec-ch-ua')) });
  const browser = knownOf(BROWSERS, parser.getBrowserName());
  const system = platformIn(read('sec-ch-ua-platform')) ?? knownOf(SYSTEMS, parser.getOSName());
  return [browser, system].filter((part) => part !== undefined).join(' on ') || undefined;
}

function knownOf(names: ReadonlySet<string | undefined>, name: string): string | undefined {
  return names.has(name) ? name : undefined;
}

function brandsIn(text = ''): { brand: string; version: string }[] {
  const items = attempt(() => parseList(text)) ?? [];
  return items
    .filter(([brand]) => typeof brand === 'string')
    .map(([brand, parameters]) => ({ brand: String(brand), version: String(parameters.get('v') ?? '') }));
}

function platformIn(text = ''): string | undefined {
  const platform: BareItem | undefined = attempt(() => parseItem(text)[0]);
  return PLATFORMS.find((known) => known === platform);
}

/** What is malformed says nothing. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
