import { preferredLanguage, type WantedLanguages } from './page-languages.js';

/** What pages of the server say, in one language. */
export interface OAuthPageTexts {
  readonly errorTitle: string;
  readonly errorText: string;
  readonly logoutTitle: string;
  readonly logoutQuestion: string;
  readonly logoutYes: string;
  readonly logoutNo: string;
  readonly loggedOutTitle: string;
  readonly deviceTitle: string;
  readonly deviceText: string;
  readonly deviceContinue: string;
  /** `{client}` is the name of the client. */
  readonly deviceQuestion: string;
  /** For a client that describes itself: `{client}` is what it calls itself. */
  readonly deviceUnknown: string;
  readonly deviceYes: string;
  readonly deviceNo: string;
  readonly deviceDone: string;
  readonly deviceWrong: string;
  readonly deviceAborted: string;
  readonly deviceTooMany: string;
  /** Between two steps, where the browser has to be sent on by a form. */
  readonly goOnTitle: string;
  readonly goOnText: string;
  readonly goOn: string;
  /** What scopes let a client do: those of the server itself (`openid`, `profile`, `email`, `offline_access`), and those of APIs. */
  readonly scopes: Readonly<Record<string, string>>;
}

/** By the tags of languages, such as `de`. What one of them leaves out is said in English. */
export type OAuthPageLanguages = Readonly<Record<string, Partial<OAuthPageTexts>>>;

const ENGLISH: OAuthPageTexts = {
  errorTitle: 'This did not work',
  errorText: 'Go back to the application, and try once more.',
  logoutTitle: 'Log out',
  logoutQuestion: 'Do you want to log out here as well?',
  logoutYes: 'Log out',
  logoutNo: 'Stay logged in',
  loggedOutTitle: 'You are logged out',
  deviceTitle: 'Let a device in',
  deviceText: 'Type the code that the device shows.',
  deviceContinue: 'Go on',
  deviceQuestion: 'Does your device show this code, and do you want to let {client} in?',
  deviceUnknown: 'Nobody here has checked who “{client}” is. Go on only if you have started it yourself.',
  deviceYes: 'Let it in',
  deviceNo: 'No',
  deviceDone: 'The device is let in. You can close this page.',
  deviceWrong: 'This code is unknown, used or over. Look at the device once more.',
  deviceAborted: 'The device was not let in.',
  deviceTooMany: 'Too many wrong codes. Try once more in ten minutes.',
  goOnTitle: 'One more step',
  goOnText: 'From here it goes back to where you came from.',
  goOn: 'Go on',
  scopes: {
    openid: 'Know who you are',
    profile: 'Know your name, and what else stands in your profile',
    email: 'Know your e-mail address',
    offline_access: 'Do so also while you are not logged in',
  },
};

const DEFAULT_LANGUAGE = 'en';

/** What somebody is to read: in English where they say nothing, or read none of the languages there are. */
export function textsFor(
  languages: OAuthPageLanguages,
  wanted: WantedLanguages,
): OAuthPageTexts & { readonly language: string } {
  const known = [...new Set([...Object.keys(languages), DEFAULT_LANGUAGE])];
  const language = preferredLanguage(known, wanted) ?? DEFAULT_LANGUAGE;
  const texts = languages[language];
  return { ...ENGLISH, ...texts, scopes: { ...ENGLISH.scopes, ...texts?.scopes }, language };
}
