import fc from 'fast-check';
import { deviceNameBy } from './device-name.js';

const ON_ANDROID =
  'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36';
const nameBy = (headers: Readonly<Record<string, string>>) => deviceNameBy((name) => headers[name]);

it.each([
  [ON_ANDROID, 'Chrome on Android'],
  [ON_ANDROID.replace('140', '141'), 'Chrome on Android'],
  ['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', 'Firefox on Linux'],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1',
    'Safari on iOS',
  ],
  ['curl/8.5', undefined],
  ['rv:Mozilla/5.0 Your-account-is-locked/1', undefined],
  ['', undefined],
  [' ', undefined],
])('%s is %s', (agent, name) => {
  expect(nameBy({ 'user-agent': agent })).toBe(name);
});

it('nobody who sends no User-Agent has a name', () => {
  expect(nameBy({ 'sec-ch-ua-platform': '"Android"' })).toBeUndefined();
});

it.each([
  ['"Chromium";v="140", "Brave";v="140"', '"Windows"', 'Brave on Windows'],
  ['"Chromium";v="140", "Google Chrome";v="140"', '"Chrome OS"', 'Chrome on Chrome OS'],
  ['"<script>";v="140"', '"<script>"', 'Chrome on Android'],
  ['(', 'Windows', 'Chrome on Android'],
  ['1, ("a" "b"), ?1', '("Windows")', 'Chrome on Android'],
])('goes by client hints where they say something: %s %s', (brands, platform, name) => {
  const headers = { 'user-agent': ON_ANDROID, 'sec-ch-ua': brands, 'sec-ch-ua-platform': platform };
  expect(nameBy(headers)).toBe(name);
});

it('whatever is sent gives a short name of known words, or none, and takes no second', () => {
  const part = fc.constantFrom(
    ...'Mozilla/5.0 |(|Linux; |Android |Chrome/|Version/|0|1.|_| |\t|;|)|Edg/|OPR/|iPhone OS |rv:|ä|"'.split(
      '|',
    ),
  );
  const text = fc.oneof(
    fc.string(),
    fc.array(part, { maxLength: 400 }).map((parts) => parts.join('')),
    part.map((one) => one.repeat(5_000)),
  );
  const headers = fc.record({ 'user-agent': text, 'sec-ch-ua': text, 'sec-ch-ua-platform': text });
  fc.assert(
    fc.property(headers, (sent) => {
      const began = process.cpuUsage().user;
      const name = nameBy(sent) ?? 'none';
      expect(name).toMatch(/^(?!.*Mozilla)[\w .()/+-]{1,60}$/);
      expect(process.cpuUsage().user - began).toBeLessThan(1_000_000);
    }),
    { numRuns: 2_000 },
  );
});
