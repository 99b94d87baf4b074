import { requestTarget } from './request-target.js';

it.each([
  ['/a/b?c', '/a/b?c'],
  ['//a/b', '//a/b'],
  ['/a?http://b/c', '/a?http://b/c'],
  ['/a#b?c', '/a'],
  ['http://a/b?c', '/b?c'],
  ['HTTP+x.1-2://ann:secret@a:1/b//c', '/b//c'],
  ['http://a', '/'],
  ['http://a?b', '/?b'],
  ['http://a#b', '/'],
  ['*', '*'],
  ['', '/'],
])('the target of %j is %j', (url, target) => {
  expect(requestTarget(url)).toBe(target);
});
