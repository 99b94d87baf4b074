/** What pages of the server say. */
export interface OAuthPageTexts {
  /** The `lang` of the pages. */
  readonly language: string;
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
  readonly deviceYes: string;
  readonly deviceNo: string;
  readonly deviceDone: string;
  readonly deviceWrong: string;
  readonly deviceAborted: string;
  readonly deviceTooMany: string;
}

export const ENGLISH: OAuthPageTexts = {
  language: 'en',
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
  deviceYes: 'Let it in',
  deviceNo: 'No',
  deviceDone: 'The device is let in. You can close this page.',
  deviceWrong: 'This code is unknown, used or over. Look at the device once more.',
  deviceAborted: 'The device was not let in.',
  deviceTooMany: 'Too many wrong codes. Try once more in ten minutes.',
};
