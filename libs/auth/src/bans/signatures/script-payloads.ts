import { type PayloadSignature, signatures } from './payload-signature.js';

/** What may stand between the letters of a scheme, since browsers pass it by. */
const GAP = '[\\s\\0]{0,3}';
const SCHEMES = ['javascript', 'vbscript', 'livescript'].map((name) => [...name].join(GAP)).join('|');

const ELEMENTS =
  'script|iframe|object|embed|applet|meta|base|form|body|html|svg|math|isindex|style|link|frameset|frame|layer|ilayer|marquee|video|audio|source|track|details|dialog|input|button|select|option|textarea|keygen|img|image|a|abbr|address|area|article|aside|b|xss|x|div|span|p|table|td|th|tr|bgsound|picture|portal|noscript|template|slot|animate\\w{0,12}|set|use|foreignobject|label|map|menu|font|h\\d|center|title|\\?import|v:\\w{1,20}|comment';

const OPENED = `\\s{0,3}/?\\s{0,3}(?:${ELEMENTS})\\b`;

/** An element, and what is in it up to another one, so that no character is looked at for two of them. */
const ELEMENT = `<${OPENED}(?:[^<>]|<(?!${OPENED})){0,200}`;

/** Events of elements, of which browsers have some two hundred, all of letters alone. */
const HANDLER = 'on[a-z]{3,40}';

/** What makes a browser run what the caller has sent. */
export const SCRIPT_PAYLOADS: readonly PayloadSignature[] = [
  ...signatures('likely', {
    'an element that runs': new RegExp(
      `${ELEMENT}(?:\\b${HANDLER}\\s{0,3}=|(?:${SCHEMES})${GAP}:|\\bsrc\\s{0,3}=|\\bdata\\s{0,3}[:=]|expression\\s{0,3}\\(|\\b(?:xlink:)?href\\s{0,3}=|\\bformaction\\s{0,3}=|\\bsrcdoc\\s{0,3}=|-moz-binding|behaviou?r\\s{0,3}:|@import)`,
      'i',
    ),
    'any element with an event': new RegExp(
      `<\\s{0,3}/?\\s{0,3}[a-z!?:][^<>]{0,200}?[\\s/"'\`]${HANDLER}\\s{0,3}=`,
      'i',
    ),
    'an attribute of an event': new RegExp(
      `["'\`/]\\s{0,3}(?:${HANDLER}|formaction|srcdoc|style|autofocus)\\s{0,3}=|\\s(?:onerror|onload|onclick|onmouse\\w{2,6}|onfocus\\w{0,2}|onblur|ontoggle|onbegin|onpointer\\w{2,8}|onanimation\\w{3,9}|onselect|onpageshow|onhashchange|onwheel|onscroll)\\s{0,3}=\\s{0,3}["'\`\\w]`,
      'i',
    ),
    'an element of a script':
      /<\s{0,3}\/?\s{0,3}script\b|<\s{0,3}(?:s\s?c\s?r\s?i\s?p\s?t|i\s?f\s?r\s?a\s?m\s?e)\b|<!(?:entity|doctype|\[cdata\[)|!entity\s{0,3}%|<\?\s{0,3}import\b|<!--#/i,
    'an address that runs': new RegExp(
      `(?:^|[\\s=:"'(/\`>,;])(?:${SCHEMES})${GAP}:\\s{0,3}(?:[^\\sa-z]|\\w{1,30}\\s{0,3}[(.=\`[]|%)|\\burl\\s{0,3}\\(\\s{0,3}['"]?(?:${SCHEMES})|\\bdata:text/(?:html|xml|javascript)|\\bdata:(?:image/svg|application/(?:xml|xhtml|x-javascript))|\\bdata:[\\w/+-]{0,40}(?:;[\\w=-]{1,30}){0,3};?base64,`,
      'i',
    ),
    'a function of a page':
      /\b(?:alert|confirm|prompt|print)\s{0,3}(?:[(`]|\.\s{0,2}(?:call|apply|bind)\b)|\bdocument\s{0,3}(?:\.\s{0,3}(?:cookie|domain|write(?:ln)?|location|body|documentelement|queryselector|getelement|createelement)|\[)|\bwindow\s{0,3}(?:\[|\.\s{0,2}(?:location|name|open|onerror)\b)|\bstring\.fromcharcode\b|\b(?:self|top|parent|frames|globalthis)\s{0,3}\[|\b(?:atob|btoa|settimeout|setinterval|importscripts)\s{0,3}[(`]|\bnew\s{1,3}function\s{0,3}\(|-moz-binding|\blocalstorage\s{0,2}[.[]|\bxmlhttprequest\b|\$\.(?:getscript|ajax|globaleval)\b|\beval\s{0,3}(?:[(`]\s{0,3}[^\s)&]|\.\s{0,2}call)/i,
    'a script without letters':
      /(?:\[\]|!\[\]|\(!|\+\[|!\+){2,}[[\]!+()]{4,}|\[\]\s{0,2}\[\s{0,2}['"`]\w{2,20}['"`]/,
  }),
  ...signatures('hinted', {
    'an element': new RegExp(
      `<\\s{0,3}/?\\s{0,3}(?:${ELEMENTS}|br|hr|ul|ol|li|em|strong|i|u|pre|code|blockquote)(?:[\\s/>"'+]|$)|<\\s{0,2}[a-z][a-z\\d]{0,20}[-:]`,
      'i',
    ),
    'an element in pieces':
      /<[\s/]{0,5}(?:[a-z]\s){2,12}[a-z]|<\s{0,3}[a-z]{1,20}:\s{0,3}[a-z]|<\s{0,3}[a-z!/?]{1,3}[^\sa-z<>]{0,3}<|<x>/i,
    'the event of an element':
      /(?:^|["'`\s/;&=])on(?:error|load|click|mouse[a-z]{2,6}|focus(?:in|out)?|blur|toggle|submit|key[a-z]{2,5}|pointer[a-z]{2,8}|animation[a-z]{3,9}|transition[a-z]{3,6}|begin|start|end|scroll|wheel|drag[a-z]{0,5}|copy|cut|paste|input|change|show|unload|beforescriptexecute|readystatechange|select[a-z]{0,6}|resize|message|popstate)\s{0,3}=/i,
    'what a script begins with': new RegExp(
      `(?:${SCHEMES})${GAP}:|\\burl\\s{0,3}\\(|\\bexpression\\s{0,3}\\(|@import\\b|\\b(?:fetch|import|eval|function|require|settimeout)\\s{0,3}\\(|=\\s{0,3}data\\s{0,3}:|\\b(?:while|for|if)\\s{0,3}\\(\\s{0,3}[-+!\\w'"\\[]|\\bconsole\\s{0,2}[.[]|\\b(?:var|let|const)\\s{1,3}\\w{1,30}\\s{0,2}=|=>\\s{0,2}[\\w{(]`,
      'i',
    ),
  }),
];
